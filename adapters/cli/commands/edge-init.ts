import path from 'node:path'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { type InitFile, initProject, KEY_FILE, neededPackages, ROUTING_FILE } from '../edge/init/init.ts'

export const command = defineCommand({
  name: 'edge init',
  about: 'writes what a Worker of one’s own needs into this folder',
  example: 'edge init --env staging,production --domain shop.example.com',
  details:
    'Writes wrangler.jsonc, package.json, an example of routing configuration, a signing key, a workflow for GitHub and lines of .gitignore into this folder. A file that is there stays as it is.',
  operands: [],
  flags: {
    name: { value: 'NAME', about: 'what the Worker is called (default: as this folder)' },
    env: { value: 'NAMES', about: 'environments, separated by commas, in the order in which they are published to' },
    domain: { value: 'DOMAIN', about: 'where it answers: a host of a zone, or a route with `*` or a path' },
  },
  async run({ flags: { name, env, domain } }) {
    const folder = process.cwd()
    const project = {
      name: nameOf(name, folder),
      environments: environmentsOf(env),
      domain: domain === undefined ? null : domainOf(domain),
    }
    const files = await initProject(folder, project)
    return {
      json: { files, ...project },
      text: `${files.map(line).join('')}${missing(files, folder)}${next(project.environments)}`,
    }
  },
})

const line = ({ file, did }: InitFile): string =>
  `${did.padEnd(8)}  ${file}${did === 'kept' ? ', which is there' : ''}\n`

function missing(files: readonly InitFile[], folder: string): string {
  if (files.find(({ file }) => file === 'package.json')?.did !== 'kept') return ''
  const packages = Object.entries(neededPackages(folder)).map(([name, spec]) =>
    spec.startsWith('file:') ? spec.slice('file:'.length) : `${name}@${spec}`,
  )
  return `\nIf package.json does not name them: npm install --save-dev --save-exact ${packages.join(' ')}\n`
}

function next(environments: readonly string[]): string {
  const [first] = environments
  const flag = first === undefined ? '' : ` --env ${first}`
  return `
  npm install
  npx signalbox edge dev --https     # https://localhost:8787

  npx wrangler kv namespace create SIGNALBOX_KV --binding SIGNALBOX_KV --update-config${flag}
  npx wrangler deploy${flag}
  npx signalbox edge push --config ${ROUTING_FILE} --key ${KEY_FILE}${flag}
`
}

/** Names of Workers: letters, digits and dashes. */
function nameOf(name: string | undefined, folder: string): string {
  if (name !== undefined) {
    if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
      throw new Misuse(`--name ${name}: small letters, digits and dashes, at most 63`)
    return name
  }
  const from = path
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  return from.replace(/^-+/, '').slice(0, 40).replace(/-+$/, '') || 'signalbox'
}

function environmentsOf(text: string | undefined): string[] {
  if (text === undefined) return []
  const names = text.split(',').map((name) => name.trim())
  const bad = names.find((name) => !/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(name))
  if (bad !== undefined) throw new Misuse(`--env ${text}: "${bad}" is no name: small letters, digits and dashes`)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new Misuse(`--env ${text}: ${twice} is there twice`)
  return names
}

function domainOf(text: string): string {
  const isDomain = /^(?:\*\.?)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}(?:\/[!-~]*)?$/i.test(text)
  if (!isDomain) throw new Misuse(`--domain ${text}: a host like shop.example.com, or a route like *.example.com/*`)
  return text
}

// Writes docs/reference/ from the schemas: every option with its type, its default, where it works, and what it means.
// `--check` only compares.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { optionsOf } from '../src/compiler/decode/options.ts'
import { shapeOf } from '../src/compiler/decode/shape.ts'
import { dynamicSchema } from '../src/compiler/dynamic/dynamic.ts'
import { traefikInstallSchema } from '../src/compiler/install/install.ts'
import { describeSupport } from '../src/compiler/planning/capabilities.ts'
import { supportOf } from '../src/compiler/planning/option-support.ts'

/** @typedef {import('../src/compiler/decode/options.ts').Option} Option */

const install = optionsOf(shapeOf(traefikInstallSchema))
const dynamic = optionsOf(shapeOf(dynamicSchema))

/** Each page: its options, and how many parts of a name make a section of its own. */
const pages = [
  page('install.md', 'Install configuration', install, 1, (name) => !name.startsWith('providers')),
  page('providers.md', 'Providers', install, 2, (name) => name.startsWith('providers')),
  page('http-routers.md', 'HTTP routers', dynamic, 2, (name) => /^http\.(routers|models)/.test(name)),
  page('http-middlewares.md', 'HTTP middlewares', dynamic, 4, (name) => name.startsWith('http.middlewares')),
  page('http-services.md', 'HTTP services', dynamic, 4, (name) => name.startsWith('http.services')),
  page('http-servers-transports.md', 'HTTP servers transports', dynamic, 2, (name) => name.startsWith('http.serversT')),
  page('tcp.md', 'TCP', dynamic, 2, (name) => name.startsWith('tcp')),
  page('udp.md', 'UDP', dynamic, 2, (name) => name.startsWith('udp')),
  page('tls.md', 'TLS', dynamic, 2, (name) => name.startsWith('tls')),
]

const files = new Map(pages.map(({ file, text }) => [file, text]))
files.set(
  'README.md',
  [
    '# Reference',
    '',
    'Every option, written by `node scripts/reference.mjs` from the schemas that read them; not to be edited by hand.',
    'What each of them needs of a runtime is in the columns *Node* and *Workers*: `yes`, `adapted` (the section says how),',
    '`not yet`, `no`. Options that Traefik does not have are marked **Signalbox** and explained in [options.md](../options.md).',
    '',
    ...pages.map(({ file, title }) => `- [${title}](${file})`),
    '',
  ].join('\n'),
)

const folder = path.join(import.meta.dirname, '../docs/reference')
if (process.argv.includes('--check')) {
  const stale = [...files].filter(([file, text]) => read(path.join(folder, file)) !== text).map(([file]) => file)
  const extra = readdirSync(folder).filter((file) => !files.has(file))
  if (stale.length + extra.length > 0) {
    console.error(
      `docs/reference is not that of the schemas (${[...stale, ...extra].join(', ')}): run \`node scripts/reference.mjs\``,
    )
    process.exit(1)
  }
} else {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of files) writeFileSync(path.join(folder, file), text)
}

/**
 * @param {string} file
 * @param {string} title
 * @param {readonly Option[]} options
 * @param {number} depth
 * @param {(name: string) => boolean} belongs
 */
function page(file, title, options, depth, belongs) {
  /** @type {Map<string, Option[]>} */
  const sections = new Map()
  for (const option of options) {
    if (!belongs(option.name)) continue
    const section = option.name.split('.').slice(0, depth).join('.').replace('[n]', '')
    sections.set(section, [...(sections.get(section) ?? []), option])
  }
  const text = [...sections]
    .filter(([section, members]) =>
      members.some(({ name, meta }) => name !== section || meta.description !== undefined),
    )
    .map(([section, members]) => sectionOf(section, members))
    .join('\n')
  return { file, title, text: `# ${title}\n\n[All pages](README.md)\n\n${text}` }
}

/**
 * @param {string} section
 * @param {readonly Option[]} members
 */
function sectionOf(section, members) {
  const head = members.find(({ name }) => name === section)
  const rows = members.filter((member) => member !== head)
  const lines = [`## ${section.replaceAll('.<name>', '')}`, '']
  if (head !== undefined) lines.push(`${head.meta.ours ? '**Signalbox.** ' : ''}${head.meta.description ?? ''}`, '')
  for (const where of wheres(members)) lines.push(`- ${where}`)
  if (rows.length > 0) {
    lines.push('', '| option | type | default | Node | Workers | meaning |', '| --- | --- | --- | --- | --- | --- |')
    for (const row of rows) lines.push(rowOf(section, row))
  }
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`
}

/** What the cells of a section are short for. @param {readonly Option[]} members */
function wheres(members) {
  const found = new Set(members.map(({ name }) => supportOf(name)))
  return [...found].flatMap(({ feature, node, edge }) =>
    node.state === 'yes' && edge.state === 'yes'
      ? []
      : [`${feature}: on Node ${describeSupport(node)}; on Workers ${describeSupport(edge)}`],
  )
}

/**
 * @param {string} section
 * @param {Option} option
 */
function rowOf(section, { name, type, default: value, meta }) {
  const { node, edge } = supportOf(name)
  const shown = name.startsWith(`${section}.`) ? name.slice(section.length + 1).replace(/^<name>\./, '') : name
  const meaning = `${meta.ours ? '**Signalbox.** ' : ''}${meta.description ?? ''}`
  const cells = [`\`${shown}\``, type, defaultOf(type, value), stateOf(node), stateOf(edge), meaning]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/**
 * @param {string} type
 * @param {unknown} value
 */
function defaultOf(type, value) {
  if (value === undefined || type === 'block') return ''
  if (Array.isArray(value)) return value.length === 0 ? '' : value.map((item) => `\`${item}\``).join(', ')
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

/** @param {import('../src/compiler/planning/capabilities.ts').Support} support */
function stateOf({ state }) {
  return { yes: 'yes', adapted: 'adapted', later: 'not yet', never: 'no' }[state]
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It is missing, and so it is not what it should be.
    return null
  }
}

import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { fakeApi } from './cloudflare-api.ts'
import { deployedAt } from './deployed.ts'
import { temporaryFolder } from './files.ts'

const root = path.resolve(import.meta.dirname, '../..')

interface Block {
  readonly language: string
  readonly content: string
}

const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, content]) => ({
    language: language!,
    content: content!,
  }))

/**
 * The blocks of a page as a script: commands are run one after the other, what is shown of files is written, and
 * `edge dev` goes on while those behind it run. Where the Worker answers that was deployed is `deployed`.
 */
function scriptOf(blocks: readonly Block[], port: number, deployed: string): string {
  const lines = ['set -euo pipefail', "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
  for (const { language, content } of blocks) {
    const here = content
      .replaceAll('8787', String(port))
      .replaceAll('https://staging.shop.example.com', deployed)
      .replaceAll('edge status ', `edge status --url ${deployed} `)
      .replaceAll(' --wait ', ` --url ${deployed} --wait `)
    const [, file] = /^# (\S+)\n/.exec(content) ?? []
    if (language === 'yaml' && file !== undefined) lines.push(`cat > ${file} <<'END'`, content.trimEnd(), 'END')
    else if (language === 'sh' && content.includes('edge dev')) {
      lines.push(`${here.trimEnd()} --port ${port} &`)
      lines.push(
        `until curl --fail --silent --insecure --output /dev/null https://localhost:${port}/; do sleep 0.1; done`,
      )
    } else if (language === 'sh') lines.push(here.trimEnd())
    else expect(language).toBe('text')
  }
  return lines.join('\n')
}

/** What a page shows of the output, each line; `…` is anything. */
const shownIn = (blocks: readonly Block[], port: number): RegExp[] =>
  blocks
    .filter(({ language }) => language === 'text')
    .flatMap(({ content }) => content.trimEnd().replaceAll('8787', String(port)).split('\n'))
    .map((line) => new RegExp(line.split('…').map(escaped).join('.*')))

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Programs that are found first: `npm install` takes what is here, so that nothing is fetched. */
function programs(folder: string): string {
  const bin = path.join(folder, 'bin')
  mkdirSync(bin)
  const write = (name: string, script: string) => {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(path.join(bin, name), 0o755)
  }
  const node = JSON.stringify(process.execPath)
  write('signalbox', `exec ${node} ${root}/dist/cli.js "$@"`)
  write('npx', `name=$1; shift; exec ${node} "$(readlink -f node_modules/.bin/$name)" "$@"`)
  write(
    'npm',
    `set -e
test "$*" = install
mkdir -p node_modules/.bin
for name in miniflare wrangler; do ln -s ${root}/node_modules/$name node_modules/$name; done
ln -s ${root} node_modules/signalbox
ln -s ../signalbox/dist/cli.js node_modules/.bin/signalbox
ln -s ../wrangler/bin/wrangler.js node_modules/.bin/wrangler`,
  )
  return bin
}

async function runPage(page: string, folder: string) {
  const [api, port, elsewhere] = [await fakeApi(), await freePort(), await freePort()]
  const deployed = await deployedAt(elsewhere, path.join(folder, 'shop'), 'staging', api)
  const blocks = blocksOf(readFileSync(path.join(root, page), 'utf8'))
  const child = spawn('bash', ['-c', scriptOf(blocks, port, deployed)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...api.env,
      PATH: `${programs(folder)}:${path.dirname(process.execPath)}:${process.env.PATH}`,
      CI: '1',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_WRITE_LOGS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      DO_NOT_TRACK: '1',
    },
  })
  const [output, errors, status] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ])
  expect({ status, errors }).toEqual({ status: 0, errors: expect.anything() })
  for (const line of shownIn(blocks, port)) expect(output).toMatch(line)
  return { api, output }
}

test('docs/edge.md leads from an empty account to serving', { timeout: 180_000 }, async () => {
  const { api } = await runPage('docs/edge.md', temporaryFolder())
  expect([...api.deployed]).toEqual(['shop-staging'])
  expect([...api.values.keys()]).toContain('plan')
})

test('examples/edge/README.md', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  cpSync(path.join(root, 'examples/edge'), folder, { recursive: true })
  await runPage('examples/edge/README.md', folder)
})

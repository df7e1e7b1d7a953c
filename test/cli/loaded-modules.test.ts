import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const root = path.join(import.meta.dirname, '../..')

/** What only the source of one provider has in it. */
const MARKS: Readonly<Record<string, RegExp>> = {
  docker: /\/containers\/json/,
  consul: /\/v1\/kv\//,
  etcd: /etcdserverpb/,
  redis: /__keyspace@/,
  zooKeeper: /the session has expired/,
  consulCatalog: /\/v1\/catalog\/services/,
  nomad: /\/v1\/event\/stream/,
  ecs: /AmazonEC2ContainerServiceV20141113/,
  http: /the endpoint is no URL of HTTP/,
  rest: /takes nothing from pages of browsers/,
}

/** Starts `program` with the given flags until it listens. @returns the files that it loaded, without those of Node */
async function loadedBy(program: string, flags: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-loaded-'))
  const list = path.join(folder, 'loaded')
  writeFileSync(list, '')
  const hook = `import { registerHooks } from 'node:module'
import { appendFileSync } from 'node:fs'
registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(list)}, url + '\\n'); return next(url, context) } })`
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [
      `--import=data:text/javascript,${encodeURIComponent(hook)}`,
      program,
      `--entryPoints.web.address=127.0.0.1:${port}`,
      ...flags,
    ],
    { cwd: root, stdio: 'ignore' },
  )
  try {
    await until(
      () => fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status, String),
      (status) => status === 200,
    )
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url))
}

const routing = path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-routing-')), 'routing.yml')
writeFileSync(
  routing,
  `http:
  routers: {all: {rule: "PathPrefix(\`/\`)", service: noop@internal, middlewares: [fine]}}
  middlewares: {fine: {respond: {status: 200}}}
`,
)

test('a proxy with files alone loads no module of another provider', { timeout: 40_000 }, async () => {
  const loaded = await loadedBy('adapters/cli/main.ts', [`--providers.file.filename=${routing}`])
  const below = 'adapters/node/providers/'
  const folders = loaded
    .map((file) => path.relative(root, file))
    .filter((file) => file.startsWith(below))
    .map((file) => file.slice(below.length).split('/'))
    .filter((parts) => parts.length > 1)
    .map(([folder]) => folder)
  expect(new Set(folders)).toEqual(new Set(['file']))
  expect(loaded.filter((file) => file.includes('ioredis') || file.includes('aws4fetch'))).toEqual([])
})

test('what is published keeps that, bundle for bundle', { timeout: 40_000 }, async () => {
  const texts = (files: readonly string[]) => files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const all = texts(globSync('dist/chunks/*.js', { cwd: root }).map((file) => path.join(root, file)))
  for (const [name, mark] of Object.entries(MARKS)) expect([name, mark.test(all)]).toEqual([name, true])
  const loaded = texts(await loadedBy('dist/cli.js', [`--providers.file.filename=${routing}`]))
  for (const [name, mark] of Object.entries(MARKS)) expect([name, mark.test(loaded)]).toEqual([name, false])
  expect(loaded.length).toBeGreaterThan(100_000)
})

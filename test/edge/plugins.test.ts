import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { edge } from './command.ts'
import { temporaryFolder } from './files.ts'
import { allModules, echo, worker } from './proxy.ts'
import { routingPublisher } from './routing-publisher.ts'

const root = path.resolve(import.meta.dirname, '../..')
const cli = path.join(root, 'dist/cli.js')

const TEAM = `import { andThen, definePlugin, Fields, ProxyResponse } from 'signalbox/plugin'

export default definePlugin({
  name: 'team',
  create: (_, { name }) => (next) => (request, cx) => {
    if (request.target === '/no') return new ProxyResponse(403, new Fields(['X-By', name]), 'no')
    request.headers.set('X-Team', name)
    return andThen(next(request, cx), (answer) => {
      answer.headers.set('X-Answered-By', name)
      return answer
    })
  },
})
`

/** A folder of a project, with this package in it. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'node_modules'))
  for (const name of ['zod', 'esbuild'])
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name))
  symlinkSync(root, path.join(folder, 'node_modules/signalbox'))
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  return folder
}

const INSTALL = JSON.stringify({ experimental: { localPlugins: { team: { module: './team.ts' } } } })

const routing = (url: string, plugin: boolean) =>
  JSON.stringify({
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: plugin ? ['m'] : [] } },
      ...(plugin ? { middlewares: { m: { plugin: { team: {} } } } } : {}),
      services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url }] } } },
    },
  })

/** The command, started in a folder, until the test is over. */
function started(folder: string, ...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return () => output
}

const local = (url: string) => url.replace('127.0.0.1', 'localhost')

describe('plugins in modules', { timeout: 60_000 }, () => {
  test.each(['node', 'edge'])('a plugin answers, and changes requests and answers: %s', async (runtime) => {
    const { url } = await echo('a')
    const folder = project({ 'team.ts': TEAM, 'signalbox.json': INSTALL, 'routing.json': routing(local(url), true) })
    const port = await freePort()
    const output =
      runtime === 'edge'
        ? started(
            folder,
            'edge',
            'dev',
            '--port',
            `${port}`,
            '--config',
            'routing.json',
            '--configFile',
            'signalbox.json',
          )
        : started(
            folder,
            ...['--entryPoints.web.address', `127.0.0.1:${port}`, '--providers.file.filename', 'routing.json'],
            ...['--experimental.localPlugins.team.module', './team.ts'],
          )
    const ask = (target: string) => fetch(`http://127.0.0.1:${port}${target}`)
    await until(
      () =>
        ask('/').then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
      30_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output()}`)
    })
    const answer = await ask('/yes')
    expect(answer.headers.get('x-answered-by')).toBe('m@file')
    expect(((await answer.json()) as { headers: object }).headers).toMatchObject({ 'x-team': 'm@file' })
    const refused = await ask('/no')
    expect([refused.status, refused.headers.get('x-by'), await refused.text()]).toEqual([403, 'm@file', 'no'])
  })

  test('a Worker that lacks a plugin keeps the plan before, and one that was deployed with it serves', async () => {
    const { url } = await echo('a')
    const folder = project({ 'team.ts': TEAM, 'signalbox.json': INSTALL })
    const built = await edge(['build', '--configFile', 'signalbox.json', '--out', 'plugins.js', '--json'], {}, folder)
    expect(built).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(built.stdout)).toMatchObject({ plugins: ['team'], file: 'plugins.js' })

    const key = await generateSigningKey()
    const vars = { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_REFRESH_MS: '50', SIGNALBOX_LOG_LEVEL: 'panic' }
    const modules = Object.fromEntries(allModules())
    const without = await worker(vars)
    const withIt = await worker(vars, {
      modules: { ...modules, 'plugins.js': readFileSync(path.join(folder, 'plugins.js'), 'utf8') },
    })
    const publishRouting = await routingPublisher(folder, [without, withIt], key)
    const push = (hasPlugin: boolean) => publishRouting(routing(local(url), hasPlugin))
    await push(false)
    const ask = async (at: URL) => (await fetch(at)).headers.get('x-answered-by')
    expect([await ask(without.url), await ask(withIt.url)]).toEqual([null, null])
    await push(true)
    await until(
      () => ask(withIt.url),
      (by) => by === 'm@file',
    )
    for (let i = 0; i < 5; i++) expect((await fetch(without.url)).status).toBe(200)
    expect(await ask(without.url)).toBeNull()
  })

  test.each([
    [
      "import { readFileSync } from 'node:fs'\nexport default { name: 'team', create: () => readFileSync }\n",
      /team\.ts:1:.*node:fs/,
    ],
    ['export default {\n', /team\.ts:2:/],
  ])('what can not be bundled is told with its place', async (text, message) => {
    const folder = project({ 'team.ts': text, 'signalbox.json': INSTALL })
    const { code, stderr } = await edge(['build', '--configFile', 'signalbox.json', '--out', 'plugins.js'], {}, folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })
})

test('docs/plugins.md: the plugin of the page serves, and what is wrong with its options is shown with its place', {
  timeout: 60_000,
}, async () => {
  const page = readFileSync(path.join(root, 'docs/plugins.md'), 'utf8')
  const [module] = /(?<=```ts\n)[\s\S]*?(?=```)/.exec(page)!
  const [install, used] = [...page.matchAll(/```yaml\n# \S+\n([\s\S]*?)```/g)].map(([, text]) => text!)
  const { url } = await echo('a')
  const routers = `  routers:\n    r:\n      rule: PathPrefix(\`/\`)\n      service: s\n      middlewares: [ours]\n`
  const services = `  services:\n    s:\n      loadBalancer:\n        servers:\n          - url: ${url}\n`
  const folder = project({
    'team.ts': module,
    'signalbox.yml': install!,
    'routing.yml': `${used}${routers}${services}`,
  })
  const port = await freePort()
  const output = started(
    folder,
    ...['--entryPoints.web.address', `127.0.0.1:${port}`, '--providers.file.filename', 'routing.yml'],
    ...['--experimental.localPlugins.team.module', './team.ts'],
  )
  const seen = await until(
    () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        (answer) => (answer.ok ? (answer.json() as Promise<{ headers: object }>) : null),
        () => null,
      ),
    (answer) => answer !== null,
    30_000,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${output()}`)
  })
  expect(seen!.headers).toMatchObject({ 'x-team': 'checkout' })

  writeFileSync(path.join(folder, 'routing.yml'), `${used!.replace('team: checkout', 'taem: checkout')}${services}`)
  const child = spawn(process.execPath, [cli, 'check', 'routing.yml', '--configFile=signalbox.yml'], { cwd: folder })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk))
  await once(child, 'close')
  const shown = page.match(/^routing\.yml:.*error.*$/gm)!
  expect(shown).toHaveLength(2)
  // The first line of the block is the name of its file.
  for (const line of shown) expect(said).toContain(line.replace(/\d+/, (number) => `${Number(number) - 1}`))
})

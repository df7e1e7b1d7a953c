import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { Assembler, digit, done, drop, go, load, low, storeAt, trap } from '../support/wasm-assembler.ts'
import { MANIFEST } from '../support/wasm-plugin.ts'
import { edge } from './command.ts'
import { temporaryFolder } from './files.ts'
import { echo, worker } from './proxy.ts'
import { routingPublisher } from './routing-publisher.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Tells and changes what it can, by the path. */
function guest(): Uint8Array {
  const asm = new Assembler()
  // The character behind the first slash.
  const isPath = (char: string) => [0x41, 1, 0x2d, 0, 0, 0x41, ...sleb(char), 0x46]
  const when = (char: string, ...steps: readonly (readonly number[])[]) => [
    ...isPath(char),
    0x04,
    0x40,
    ...steps.flat(),
    0x0b,
  ]
  const answer = (at: number, length: readonly number[]) => [...asm.call('write_body', 1, at, length), ...done(), 0x0f]
  return asm
    .define('_start', ':', asm.call('enable_features', 7), drop)
    .handleRequest(
      asm.call('get_uri', 0, 64),
      drop,
      when('c', storeAt(100, digit(asm.count())), answer(100, [0x41, 1])),
      when('o', storeAt(90, asm.call('get_config', 100, 500)), answer(100, load(90))),
      when('b', storeAt(90, [...asm.call('read_body', 0, 100, 500), ...low]), answer(100, load(90))),
      when('f', storeAt(100, digit(asm.call('enable_features', 0))), answer(100, [0x41, 1])),
      when('e', asm.call('wasi.environ_get', 100, 200), drop, answer(200, [0x41, 6])),
      when('t', trap),
      asm.call('set_header_value', 0, 'X-Team', 'guest'),
      go(),
    )
    .handleResponse(asm.call('set_header_value', 1, 'X-Answered-By', 'guest'))
    .bytes()
}

/** A signed number of one or two bytes. */
const sleb = (char: string): number[] => {
  const code = char.charCodeAt(0)
  return code < 64 ? [code] : [(code % 128) + 128, 0]
}

const LOCAL = { guest: { moduleName: 'example.org/guest', settings: { envs: ['TEAM'] } } }
const INSTALL = JSON.stringify({ experimental: { localPlugins: LOCAL } })

/** A folder of a project, with this package and a local plugin in it. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(path.join(root, 'node_modules/esbuild'), path.join(folder, 'node_modules/esbuild'))
  const home = path.join(folder, 'plugins-local/src/example.org/guest')
  mkdirSync(home, { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content)
  writeFileSync(path.join(home, '.traefik.yml'), MANIFEST)
  writeFileSync(path.join(home, 'plugin.wasm'), guest())
  return folder
}

const routing = (url: string, plugin: boolean) =>
  JSON.stringify({
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: plugin ? ['m'] : [] } },
      ...(plugin ? { middlewares: { m: { plugin: { guest: { number: 5, list: ['a'] } } } } } : {}),
      services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url }] } } },
    },
  })

const local = (url: string) => url.replace('127.0.0.1', 'localhost')

async function started(folder: string, env: Readonly<Record<string, string>>, ...args: string[]) {
  const port = await freePort()
  const numbered = args.map((arg) => arg.replace('PORT', `${port}`))
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.js'), ...numbered], {
    cwd: folder,
    env: { ...process.env, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const ask = (target: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${target}`, init)
  const status = () =>
    ask('/').then(
      (answer) => answer.status,
      () => 0,
    )
  await until(status, (code) => code === 200, 30_000).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${output}`)
  })
  return { ask, output: () => output }
}

describe('plugins in WebAssembly', { timeout: 60_000 }, () => {
  test.each(['node', 'edge'])('the same module serves: %s', async (runtime) => {
    const { url } = await echo('a')
    const folder = project({
      'signalbox.json': INSTALL,
      'routing.json': routing(local(url), true),
      '.dev.vars': 'TEAM=a\n',
    })
    const env = { TEAM: 'a' }
    const { ask, output } =
      runtime === 'edge'
        ? await started(
            folder,
            {},
            'edge',
            'dev',
            '--port',
            'PORT',
            '--config',
            'routing.json',
            '--configFile',
            'signalbox.json',
          )
        : await started(
            folder,
            env,
            ...['--entryPoints.web.address', '127.0.0.1:PORT', '--providers.file.filename', 'routing.json'],
            ...['--experimental.localPlugins.guest.moduleName', 'example.org/guest'],
            ...['--experimental.localPlugins.guest.settings.envs', 'TEAM'],
          )
    const answer = await ask('/')
    expect(answer.headers.get('x-answered-by')).toBe('guest')
    expect(((await answer.json()) as { headers: object }).headers).toMatchObject({ 'x-team': 'guest' })
    const text = async (target: string, init: RequestInit = {}) => (await ask(target, init)).text()
    expect([await text('/c'), await text('/c')]).toEqual(['1', '2'])
    expect(await text('/o')).toBe('{"list":["a"],"number":"5"}')
    expect(await text('/b', { method: 'POST', body: 'some content' })).toBe('some content')
    expect(await text('/e')).toBe('TEAM=a')
    // A runtime without trailers says so.
    expect(await text('/f')).toBe(runtime === 'edge' ? '3' : '7')
    const echoed = (await (await ask('/x', { method: 'POST', body: 'passed on' })).json()) as { body: string }
    expect(echoed.body).toBe('passed on')
    expect((await ask('/t')).status).toBe(500)
    await until(output, (lines) => lines.includes('The plugin has failed'))
    expect((await ask('/')).status).toBe(200)
  })

  test('edge build writes it beside the other modules; a Worker without it keeps the plan before', async () => {
    const { url } = await echo('a')
    const folder = project({ 'signalbox.json': INSTALL })
    mkdirSync(path.join(folder, 'plugins'))
    writeFileSync(path.join(folder, 'plugins/guest-0123456789ab.wasm'), 'of an earlier build')
    const built = await edge(['build', '--configFile', 'signalbox.json', '--out', 'plugins.js', '--json'], {}, folder)
    expect(built).toMatchObject({ code: 0, stderr: '' })
    const { plugins: names, modules } = JSON.parse(built.stdout) as { plugins: string[]; modules: string[] }
    expect([names, modules]).toEqual([['guest'], [expect.stringMatching(/^plugins\/guest-[0-9a-f]{12}\.wasm$/)]])
    expect(readdirSync(path.join(folder, 'plugins'))).toEqual([path.basename(modules[0]!)])

    const key = await generateSigningKey()
    const vars = {
      SIGNALBOX_PUBLIC_KEYS: key.publicKey,
      SIGNALBOX_REFRESH_MS: '50',
      SIGNALBOX_LOG_LEVEL: 'panic',
      TEAM: 'b',
    }
    const without = await worker(vars)
    const withIt = await worker(vars, {
      plugins: {
        text: readFileSync(path.join(folder, 'plugins.js'), 'utf8'),
        modules: { [modules[0]!]: new Uint8Array(readFileSync(path.join(folder, modules[0]!))) },
      },
    })
    const publishRouting = await routingPublisher(folder, [without, withIt], key)
    const push = (hasPlugin: boolean) => publishRouting(routing(local(url), hasPlugin))
    await push(false)
    const ask = async (at: URL) => (await fetch(at)).headers.get('x-answered-by')
    expect([await ask(without.url), await ask(withIt.url)]).toEqual([null, null])
    await push(true)
    await until(
      () => ask(withIt.url),
      (by) => by === 'guest',
    )
    expect(await (await fetch(new URL('/e', withIt.url))).text()).toBe('TEAM=b')
    for (let i = 0; i < 5; i++) expect((await fetch(without.url)).status).toBe(200)
    expect(await ask(without.url)).toBeNull()
  })

  test('what can run nowhere is left out, and told', async () => {
    const go = { moduleName: 'github.com/traefik/plugindemo', version: 'v0.2.1' }
    const install = (more: object) => JSON.stringify({ experimental: { plugins: { demo: go }, ...more } })
    const build = async (text: string) =>
      edge(['build', '--configFile', 'signalbox.json', '--out', 'plugins.js'], {}, project({ 'signalbox.json': text }))
    const built = await build(install({ localPlugins: LOCAL }))
    expect(built.code).toBe(0)
    expect(built.stdout).toMatch(/^plugin "demo" is left out: .* is written in Go/)
    expect(built.stdout).toContain('Wrote guest to')
    expect(await build(install({ localPlugins: LOCAL, abortOnPluginFailure: true }))).toMatchObject({ code: 1 })
    expect((await build(install({}))).stderr).toContain('is written in Go')
  })

  test('wrangler takes it along', async () => {
    const folder = project({ 'signalbox.json': INSTALL })
    cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), {
      recursive: true,
      filter: (from) => !/dist\/(?:types|chunks)/.test(from),
    })
    const built = await edge(['build', '--configFile', 'signalbox.json', '--out', 'dist/plugins.js'], {}, folder)
    expect(built.code).toBe(0)
    cpSync(path.join(root, 'wrangler.toml'), path.join(folder, 'wrangler.toml'))
    const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js')
    const out = path.join(folder, 'out')
    const { stdout, stderr, status } = spawnSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', out], {
      encoding: 'utf8',
      cwd: folder,
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_WRITE_LOGS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
    })
    expect(`${stdout}${stderr}`).toMatch(/plugins\/guest-[0-9a-f]{12}\.wasm.*compiled-wasm/)
    expect([status, existsSync(path.join(out, 'plugins.js'))]).toEqual([0, true])
  })
})

import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bundlePlugins } from '../../../adapters/cli/edge/bundle-plugins.ts'
import { loadPlugins } from '../../../adapters/node/plugins/load-plugins.ts'
import { definePlugin } from '../../../src/contracts/plugin.ts'
import { defineProvider, type ProviderPluginSink } from '../../../src/contracts/provider-plugin.ts'
import { runCommand } from '../../support/command.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { until } from '../../support/until.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'provider-plugin-'))
/** The module hands on to what a test has put here. */
const given: { provide: unknown } = { provide: null }
Reflect.set(globalThis, 'signalboxTestProvider', given)
writeFileSync(
  path.join(folder, 'inventory.mjs'),
  `const given = globalThis.signalboxTestProvider
   const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }
   export default { name: 'inventory', options, provide: (...of) => given.provide(...of) }`,
)
writeFileSync(
  path.join(folder, 'plain.mjs'),
  `export default {
     name: 'plain',
     options: { '~standard': { version: 1, vendor: 'test', validate: (value) =>
       typeof value.port === 'number'
         ? { value }
         : { issues: [{ message: 'a port is a number', path: ['port'] }] } } },
     provide: ({ port }) => async (sink, signal) => {
       sink.connected('nowhere')
       sink.emit({ http: { services: { s: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:' + port }] } } } } })
       await new Promise((resolve) => signal.addEventListener('abort', resolve))
     },
   }`,
)
writeFileSync(path.join(folder, 'middleware.mjs'), "export default { name: 'm', create: () => (next) => next }")

const declared = '--experimental.localPlugins.inventory.module=./inventory.mjs'
const wanted = '--providers.plugin.inventory.a=1'

let sink: ProviderPluginSink | null
let seen: { options: unknown; name: string; runs: number; signal: AbortSignal | null; end(error: Error | null): void }
let proxy: TestProxy | null = null

beforeEach(() => {
  sink = null
  seen = { options: null, name: '', runs: 0, signal: null, end: () => undefined }
  given.provide = defineProvider<unknown>({
    name: 'inventory',
    provide: (options, { name }) => {
      seen = { ...seen, options, name }
      return (to, signal) => {
        seen.runs++
        seen.signal = signal
        sink = to
        to.connected('the list')
        to.emit(routes('a'))
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => resolve(), { once: true })
          seen.end = (error) => (error === null ? resolve() : reject(error))
        })
      }
    },
  }).provide
})
afterEach(async () => {
  await proxy?.stop()
  proxy = null
})

const routes = (name: string, more: object = {}) => ({
  http: { routers: { [name]: { rule: `Path(\`/${name}\`)`, service: 'noop@internal', ...more } } },
})

async function start(...flags: readonly string[]): Promise<TestProxy> {
  proxy = await startProxy(
    'http: {}',
    ['--api=true', '--api.insecure=true', '--entryPoints.traefik.address=127.0.0.1:0', declared, wanted, ...flags],
    folder,
  )
  return proxy
}

/** 418: the router is there, as its service answers so. */
const status = async (name: string) => (await fetch(`${proxy!.url}/${name}`)).status
const untilStatus = (name: string, wantedStatus: number) =>
  until(
    () => status(name),
    (given) => given === wantedStatus,
  )
const logged = () => proxy!.logged.map(({ message }) => message).join('\n')

describe('a provider plugin', () => {
  test('brings routes of its own, under its name, and replaces them', async () => {
    await start()
    expect(seen).toMatchObject({ name: 'plugin-inventory', options: { a: '1' } })
    await untilStatus('a', 418)
    sink!.emit(routes('b'))
    await untilStatus('b', 418)
    expect(await status('a')).toBe(404)
  })

  test('that says nothing, or what can’t be read, leaves what it has said', async () => {
    await start()
    await untilStatus('a', 418)
    sink!.emit({})
    await until(logged, (text) => text.includes('it says nothing at all'))
    sink!.emit({ http: { routers: 'many' } })
    await until(logged, (text) => text.includes('what the plugin says can’t be used'))
    expect(await status('a')).toBe(418)
    sink!.emit(routes('b', { wrong: true }))
    await untilStatus('b', 418)
    expect(logged()).toContain('wrong')
  })

  test('hears of what it can’t say', async () => {
    await start()
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(() => sink!.emit(circle)).toThrow(TypeError)
    expect(() => sink!.emit(undefined)).toThrow('a configuration is an object')
    expect(() => sink!.emit({ http: 1n })).toThrow(TypeError)
  })

  test.each([
    ['fails', new Error('the list is gone')],
    ['ends', null],
  ])('that %s is run again, and its routes stay', async (_, error) => {
    await start()
    await untilStatus('a', 418)
    const before = sink!
    seen.end(error)
    await until(
      () => seen.runs,
      (runs) => runs === 2,
    )
    expect(logged()).toContain(`Provider lost: ${error === null ? 'the source has ended' : 'the list is gone'}`)
    expect(await status('a')).toBe(418)
    // Nobody listens to a run that is over.
    before.emit(routes('late'))
    sink!.emit(routes('b'))
    await untilStatus('b', 418)
    expect(await status('late')).toBe(404)
  })

  test('that throws at once is run again too', async () => {
    let runs = 0
    given.provide = () => () => {
      runs++
      throw new Error('at once')
    }
    await start()
    await until(
      () => runs,
      (count) => count > 1,
    )
    expect(logged()).toContain('Provider lost: at once')
  })

  test('that does not end when it is called off holds up a stop for a moment only', async () => {
    given.provide = () => () => new Promise(() => undefined)
    await start()
    const began = performance.now()
    await proxy!.stop()
    proxy = null
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('a start', () => {
  const problemsOf = async (flags: object) => {
    const { problems } = await loadPlugins(flags as never, folder)
    return problems.map(({ severity, path: at, message, hint }) => [severity, at.join('.'), message, hint])
  }
  const modules = (...names: readonly string[]) => ({
    localPlugins: Object.fromEntries(names.map((name) => [name, { module: `./${name}.mjs`, settings: {} }])),
  })

  test.each<[string, object, readonly (string | null)[]]>([
    [
      'a plugin that nobody declares',
      { experimental: modules('plain'), providers: { plugin: { plan: {} } } },
      ['providers.plugin.plan', 'there is no provider plugin "plan"', 'did you mean "plain"?'],
    ],
    [
      'nothing is declared at all',
      { providers: { plugin: { inventory: {} } } },
      [
        'providers.plugin.inventory',
        'there is no provider plugin "inventory"',
        'declare it: experimental.localPlugins.inventory.module',
      ],
    ],
    [
      'a middleware is no provider',
      { experimental: modules('middleware'), providers: { plugin: { middleware: {} } } },
      [
        'providers.plugin.middleware',
        'there is no provider plugin "middleware"',
        'declare it: experimental.localPlugins.middleware.module',
      ],
    ],
    [
      'options that its schema refuses, where they stand',
      { experimental: modules('plain'), providers: { plugin: { plain: { port: 'x' } } } },
      ['providers.plugin.plain.port', 'a port is a number', null],
    ],
  ])('is refused: %s', async (_, flags, expected) => {
    expect(await problemsOf(flags)).toEqual([['error', ...expected]])
  })

  test('a module that can’t be loaded is said once, and costs the start where it is asked for', async () => {
    const found = await problemsOf({ experimental: modules('absent'), providers: { plugin: { absent: {} } } })
    expect(found.map(([severity, at]) => [severity, at])).toEqual([
      ['warning', 'experimental.localPlugins.absent'],
      ['error', 'providers.plugin.absent'],
    ])
  })

  test('texts are taken for what they say, as flags know nothing else', async () => {
    const plugins = { experimental: modules('plain'), providers: { plugin: { plain: { port: '8080' } } } }
    expect(await problemsOf(plugins)).toEqual([])
  })

  test('one that throws while it is made ends the start', async () => {
    given.provide = () => {
      throw new Error('no such list')
    }
    await expect(start()).rejects.toThrow('provider plugin "inventory": no such list')
    given.provide = () => undefined
    await expect(start()).rejects.toThrow('provider plugin "inventory": it has made no provider')
  })
})

test('commands: check says what is wrong with line and column, providers what it finds', async () => {
  const file = path.join(folder, 'signalbox.yml')
  const write = (port: string) =>
    writeFileSync(
      file,
      `entryPoints: {web: {address: "127.0.0.1:0"}}\nexperimental: {localPlugins: {plain: {module: ${folder}/plain.mjs}}}\nproviders:\n  plugin:\n    plain:\n      port: ${port}\n`,
    )
  const routing = path.join(folder, 'routing.yml')
  writeFileSync(routing, 'http: {}\n')
  write('x')
  const checked = await runCommand(['check', routing, `--configFile=${file}`])
  expect(checked.output + checked.errors).toContain('signalbox.yml:6:7: error: a port is a number')
  write('8080')
  const found = await runCommand(['providers', '--configFile', file, '--json'])
  expect(found.output).toContain('plugin-plain')
  expect(found.status).toBe(0)
})

test('on Workers there are no providers: what is one is left out of the bundle', async () => {
  const experimental = {
    localPlugins: Object.fromEntries(['plain', 'middleware'].map((name) => [name, { module: `./${name}.mjs` }])),
  }
  const bundle = (plugin: object) => bundlePlugins({ experimental, providers: { plugin } } as never, folder)
  expect((await bundle({ plain: { port: 1 } })).names).toEqual(['middleware'])
  expect((await bundle({})).names).toEqual(['plain', 'middleware'])
})

test('types of options are those of the schema, and of the two kinds of plugins', () => {
  const provider = defineProvider({
    name: 'typed',
    options: { '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { port: 1 } }) } },
    provide:
      ({ port }) =>
      async (to) =>
        to.emit({ port: port.toFixed(0) }),
  })
  const middleware = definePlugin({ name: 'm', create: () => (next) => next })
  expect([provider.name, middleware.name]).toEqual(['typed', 'm'])
})

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startProxy, startServer } from '../../../support/node-proxy.ts'
import { until } from '../../../support/until.ts'
import {
  Assembler,
  digit,
  done,
  drop,
  go,
  i32,
  load,
  loop,
  low,
  type Step,
  storeAt,
  trap,
} from '../../../support/wasm-assembler.ts'
import { folderOfPlugins, localFlag } from '../../../support/wasm-plugin.ts'

/** Answers with what a number says. */
const answering = (asm: Assembler, value: Step): Step[] => [storeAt(0, value), asm.call('write_body', 1, 0, 1), done()]

async function serve(
  modules: Readonly<Record<string, Assembler>>,
  options: object = {},
  flags: readonly string[] = [],
  folder = folderOfPlugins(Object.fromEntries(Object.entries(modules).map(([name, asm]) => [name, asm.bytes()]))),
) {
  const server = await startServer((request, response) => {
    response.setHeader('X-Origin', '1')
    response.end(JSON.stringify(request.headers))
  })
  const names = Object.keys(modules)
  const routing = (given: object) =>
    JSON.stringify({
      http: {
        routers: Object.fromEntries([
          ['plain', { rule: 'Path(`/plain`)', service: 's' }],
          ['api', { rule: 'PathPrefix(`/api`)', service: 'api@internal' }],
          ...names.map((name) => [name, { rule: `PathPrefix(\`/${name}\`)`, service: 's', middlewares: [name] }]),
        ]),
        services: { s: { loadBalancer: { servers: [{ url: server.url }] } } },
        middlewares: Object.fromEntries(names.map((name) => [name, { plugin: { [name]: given } }])),
      },
    })
  const all = ['--api=true', ...names.map((name) => localFlag(name)), ...flags]
  const proxy = await startProxy(routing(options), all, folder)
  onTestFinished(async () => {
    await proxy.stop()
    await server.close()
  })
  const ask = (target: string, init: RequestInit = {}) => fetch(`${proxy.url}${target}`, init)
  const failures = () => proxy.logged.filter(({ level }) => level === 'error')
  return { proxy, ask, failures, write: (given: object) => proxy.write(routing(given)), folder }
}

const counter = () => {
  const asm = new Assembler()
  return asm.handleRequest(...answering(asm, digit(asm.count())))
}

const header = () => {
  const asm = new Assembler()
  return asm.handleRequest(
    asm.call('set_header_value', 0, 'X-Guest', 'request'),
    asm.call('set_header_value', 1, 'X-Guest', 'answer'),
    go(),
  )
}

describe('a guest in the chain of a router', () => {
  test('sees requests and answers; its memory stays while its options are the same', async () => {
    const { ask, write } = await serve({ header: header(), counter: counter() }, { a: 1 })
    const answer = await ask('/header')
    expect(answer.headers.get('x-guest')).toBe('answer')
    expect(await answer.json()).toMatchObject({ 'x-guest': 'request' })
    const count = async () => (await ask('/counter')).text()
    expect([await count(), await count()]).toEqual(['1', '2'])
    write({ a: 2 })
    await until(count, (number) => number === '1')
    expect(await count()).toBe('2')
  })

  test('a call that takes too long costs that request; others go on, and the guest is there again', async () => {
    const asm = new Assembler()
    // The first byte behind `/either/` decides.
    const either = asm.handleRequest(
      asm.call('get_uri', 0, 100),
      drop,
      [...i32(8), 0x2d, 0, 0, ...i32('x'.charCodeAt(0)), 0x46, 0x04, 0x40, ...loop, 0x0b],
      ...answering(asm, digit(asm.count())),
    )
    const { ask, failures } = await serve({ either }, {}, [localFlag('either', 'timeout=300ms')])
    expect(await (await ask('/either/a')).text()).toBe('1')
    const start = performance.now()
    const looping = ask('/either/x')
    const waiting = [1, 2, 3].map(() => ask('/either/a'))
    expect((await ask('/plain')).status).toBe(200)
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(200)
    expect((await looping).status).toBe(500)
    expect(performance.now() - start).toBeGreaterThan(290)
    expect(failures()).toHaveLength(1)
    expect((await ask('/either/a')).status).toBe(200)
    expect(failures()).toHaveLength(1)
  })

  test('a trap costs that request, and a line in the log', async () => {
    const { ask, failures } = await serve({ trapped: new Assembler().handleRequest(trap, go()), header: header() })
    expect((await ask('/trapped')).status).toBe(500)
    expect((await ask('/trapped')).status).toBe(500)
    expect((await ask('/header')).status).toBe(200)
    expect(failures().map(({ message }) => message)).toEqual(['The plugin has failed', 'The plugin has failed'])
  })

  test('one that traps on an answer is not passed over', async () => {
    const { ask } = await serve({ late: new Assembler().handleResponse(trap) })
    const answer = await ask('/late')
    expect([answer.status, answer.headers.get('x-origin')]).toEqual([500, null])
  })

  test('one whose start traps disables its middleware, with the reason', async () => {
    const { ask } = await serve({ unfit: new Assembler().define('_start', ':', trap) })
    expect((await ask('/unfit')).status).toBe(404)
    const shown = (await (await ask('/api/http/middlewares/unfit@file')).json()) as { status: string; error: string[] }
    expect(shown).toMatchObject({ status: 'disabled', error: [expect.stringContaining('unreachable')] })
  })

  test('requests that come at one time each have a guest of their own', async () => {
    const asm = new Assembler()
    const held = asm.handleRequest(
      storeAt(0, digit(asm.count())),
      asm.call('set_header_value', 1, 'X-Count', [...i32(0), ...i32(1)]),
      go(),
    )
    const { ask } = await serve({ held })
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask('/held')))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    for (const answer of answers) expect(answer.headers.get('x-count')).toMatch(/^.$/)
  })
})

test('folders that are mounted can be written, unless they are read-only; variables are those that are named', async () => {
  const asm = new Assembler()
  const create = (fd: number, at: number) => storeAt(at, asm.call('wasi.path_open', fd, 0, 'made', 1, 64n, 0n, 0, 900))
  const files = asm.handleRequest(
    create(3, 0),
    create(4, 1),
    storeAt(2, asm.call('wasi.environ_sizes_get', 800, 804)),
    storeAt(3, digit(load(800))),
    // Another number for the folder makes no other folder of it.
    [...asm.call('wasi.path_open', 4, 0, '.', 0, 0n, 0n, 0, 700), ...drop],
    [...asm.call('wasi.fd_renumber', load(700), [...load(700), ...i32(3), 0x6a]), ...drop],
    storeAt(4, asm.call('wasi.path_open', [...load(700), ...i32(3), 0x6a], 0, 'made', 1, 64n, 0n, 0, 900)),
    asm.call('write_body', 1, 0, 5),
    done(),
  )
  const folder = folderOfPlugins({ files: files.bytes() })
  for (const name of ['open', 'closed']) mkdirSync(path.join(folder, name))
  const { ask } = await serve(
    { files },
    {},
    [
      localFlag('files', `mounts=${folder}/open:/open,${folder}/closed:/closed:ro`),
      localFlag('files', 'envs=NO_SUCH_VARIABLE'),
    ],
    folder,
  )
  const content = new Uint8Array(await (await ask('/files')).arrayBuffer())
  expect([...content.subarray(0, 4)]).toEqual([0, 69, 0, '1'.charCodeAt(0)])
  expect(content[4]).not.toBe(0)
  expect([existsSync(path.join(folder, 'open/made')), existsSync(path.join(folder, 'closed/made'))]).toEqual([
    true,
    false,
  ])
})

test('threads are gone after the stop, those of guests that do not end too', async () => {
  const threads = () => readdirSync('/proc/self/task').length
  const { proxy, ask } = await serve({ endless: new Assembler().handleRequest(loop, go()), header: header() })
  await ask('/header')
  const running = threads()
  const looping = ask('/endless').then(
    ({ status }) => status,
    () => 0,
  )
  await until(
    () => proxy.logged.length,
    () => true,
  )
  await proxy.stop()
  await until(threads, (count) => count <= running - 2)
  expect([0, 500]).toContain(await looping)
})

test('what a guest says while it starts is told', async () => {
  const asm = new Assembler()
  const { proxy } = await serve({ saying: asm.define('_start', ':', asm.call('log', 1, 'it begins')) })
  await until(
    () => proxy.logged.map(({ level, message }) => `${level} ${message}`),
    (lines) => lines.includes('warn it begins'),
  )
})

test('content that is large comes back whole', async () => {
  const asm = new Assembler()
  asm.memory = [20]
  const size = 1_000_000
  const copying = asm.handleRequest(
    storeAt(900, [...asm.call('read_body', 0, 65536, size), ...low]),
    asm.call('write_body', 1, 65536, load(900)),
    done(),
  )
  const { ask } = await serve({ copying })
  const body = new Uint8Array(size).map((_, at) => at % 251)
  const answer = await ask('/copying', { method: 'POST', body })
  expect(Buffer.compare(Buffer.from(await answer.arrayBuffer()), Buffer.from(body))).toBe(0)
})

test('a folder that is no mount is told at the start', async () => {
  const folder = folderOfPlugins({ header: header().bytes() })
  writeFileSync(path.join(folder, 'x'), '')
  const proxy = await startProxy('{}', [localFlag('header'), localFlag('header', 'mounts=a:b:c')], folder)
  onTestFinished(() => proxy.stop())
  expect((await fetch(`${proxy.url}/`)).status).toBe(404)
})

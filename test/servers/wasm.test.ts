import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundlePlugins } from '../../adapters/cli/edge/bundle-plugins.ts'
import { startLocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { planFile } from '../../adapters/cli/plan-file.ts'
import { loadPlugins } from '../../adapters/node/plugins/load-plugins.ts'
import { loadInstall } from '../../src/compiler/install/load.ts'
import { freePort } from '../support/free-port.ts'
import { type Logged, startProxy } from '../support/node-proxy.ts'
import { folderOfPlugins, localFlag } from '../support/wasm-plugin.ts'
import { ServerProcess } from './support/process.ts'
import { guestModule } from './support/wasm-guests.ts'

/** The same modules in Signalbox on Node, in workerd, and in Traefik where it is installed. */
const REFERENCE = process.env.SIGNALBOX_REFERENCE ?? ''

interface Answer {
  readonly status: number
  /** Of fields whose names begin with `x-`, and `location`: `name: value`, in alphabetical order. */
  readonly fields: readonly string[]
  readonly text: string
}

type Ask = (
  target: string,
  init?: { readonly method?: string; readonly content?: string; readonly isChunked?: boolean },
) => Promise<Answer>

const OPTIONS = {
  text: 'a<b>&é',
  number: 5,
  negative: -2,
  fraction: 0.5,
  truth: true,
  nothing: '',
  list: [1, 2],
  truths: [true, false],
  mixed: [1, 'a'],
  inner: { Deep: { x: 1 } },
  blocks: [{ a: 1 }, { b: 'two' }],
}

const ends: (() => unknown)[] = []
let node: Ask
let edge: Ask
let traefik: Ask | null = null
let logged: readonly Logged[] = []

/** One field line each, in its own case; contents as they are. */
function asking(port: number): Ask {
  return (target, { method = 'GET', content = '', isChunked = false } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        ...{ Host: 'host.example', 'X-A': ['1', '2'], 'X-Remove': '1' },
        ...(content === ''
          ? {}
          : isChunked
            ? { 'Transfer-Encoding': 'chunked' }
            : { 'Content-Length': `${content.length}` }),
      }
      const sent = request({ host: '127.0.0.1', port, path: target, method, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const raw = response.rawHeaders
          const lines = raw.flatMap((name, at) => (at % 2 === 0 ? [`${name.toLowerCase()}: ${raw[at + 1]}`] : []))
          const fields = lines.filter((line) => /^(?:x-|location)/.test(line)).sort()
          resolve({ status: response.statusCode!, fields, text: Buffer.concat(chunks).toString() })
        })
      })
      sent.on('error', reject)
      sent.end(content)
    })
}

beforeAll(async () => {
  const origin = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, rawHeaders } = request
      const lines = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [`${name.toLowerCase()}: ${rawHeaders[at + 1]}`] : [],
      )
      const own = lines.filter((line) => /^x-(?:a|guest|remove|team|length|stamped-by):/.test(line)).sort()
      response.setHeader('X-Origin', 'o')
      response.setHeader('X-Remove', 'r')
      response.end(`${method} ${url}\n${own.join('\n')}\n${Buffer.concat(chunks).toString()}`)
    })
  })
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  ends.push(() => origin.close())
  const { port: originPort } = origin.address() as AddressInfo

  const folder = folderOfPlugins({ probe: guestModule('probe'), stamp: guestModule('stamp'), go: guestModule('go') })
  for (const name of ['open', 'closed']) {
    mkdirSync(path.join(folder, name))
    writeFileSync(path.join(folder, name, 'a.txt'), `in ${name}`)
  }
  symlinkSync('/etc', path.join(folder, 'open/elsewhere'))
  const mounts = `${folder}/open:/open,${folder}/closed:/closed:ro`
  process.env.SIGNALBOX_TEST_TEAM = 'blue'
  ends.push(() => delete process.env.SIGNALBOX_TEST_TEAM)
  const flags = [
    ...['probe', 'stamp', 'go'].map((name) => localFlag(name)),
    localFlag('probe', 'envs=SIGNALBOX_TEST_TEAM,SIGNALBOX_TEST_NONE'),
    localFlag('probe', `mounts=${mounts}`),
    localFlag('go', 'envs=TEAM'),
  ]
  const routing = (host: string) =>
    JSON.stringify({
      http: {
        routers: {
          probe: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['probe'], priority: 1 },
          stamp: { rule: 'PathPrefix(`/stamp`)', service: 's', middlewares: ['stamp'] },
          go: { rule: 'PathPrefix(`/go`) || Path(`/env-go`)', service: 's', middlewares: ['go'] },
        },
        middlewares: {
          probe: { plugin: { probe: OPTIONS } },
          stamp: { plugin: { stamp: { via: 'edge-1' } } },
          go: { plugin: { go: { team: 'blue' } } },
        },
        services: { s: { loadBalancer: { servers: [{ url: `http://${host}:${originPort}` }] } } },
      },
    })

  const proxy = await startProxy(routing('127.0.0.1'), [...flags, localFlag('probe', 'timeout=2s')], folder)
  ends.push(() => proxy.stop())
  logged = proxy.logged
  node = asking(proxy.port)

  const { install } = loadInstall({ args: flags, env: {}, exists: () => false, readFile: () => '' })
  const key = await generateSigningKey()
  const worker = await startLocalWorker({
    host: '127.0.0.1',
    port: 0,
    shared: false,
    vars: {
      SIGNALBOX_PUBLIC_KEYS: key.publicKey,
      SIGNALBOX_REFRESH_MS: '600000',
      SIGNALBOX_LOG_LEVEL: 'panic',
      SIGNALBOX_TEST_TEAM: 'blue',
    },
    plugins: await bundlePlugins(install!, folder),
  })
  ends.push(() => worker.stop())
  const file = path.join(folder, 'routing.yml')
  writeFileSync(file, routing('localhost'))
  const { plugins } = await loadPlugins(install!, folder)
  const { plan } = await planFile(file, { target: 'edge', install: null, plugins })
  await publish(worker.kv, plan!, key, Date.now())
  edge = asking(Number(worker.url.port))

  if (REFERENCE === '') return
  const port = await freePort()
  writeFileSync(file, routing('127.0.0.1'))
  const server = new ServerProcess({
    program: '/bin/sh',
    args: [
      ...['-c', 'cd "$0" && exec "$@"', folder, REFERENCE],
      `--entryPoints.web.address=127.0.0.1:${port}`,
      `--providers.file.filename=${file}`,
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      ...flags,
    ],
    isReady: async () => (await asking(port)('/nothing')).status === 200,
  })
  await server.start()
  ends.push(() => server.stop('SIGKILL'))
  traefik = asking(port)
}, 120_000)

afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

const OF_ORIGIN = ['x-origin: o', 'x-remove: r']

/** A text may be a matcher of vitest. */
type Expected = Partial<Omit<Answer, 'text'>> & { readonly text?: unknown }

interface Case {
  readonly target: string
  readonly init?: Parameters<Ask>[1]
  readonly answer: Expected
  /** What Traefik answers, where that is something else; 'broken': it breaks the connection off. */
  readonly traefik?: Expected | 'broken'
}

const POST = { method: 'POST', content: 'some content' } as const
const CHUNKED = { ...POST, isChunked: true } as const
const FIELDS_SENT = 'x-a: 1\nx-a: 2\nx-remove: 1'
const FAILED = { status: 500, text: 'Internal Server Error', fields: [] }
/** Traefik tells the client what has happened. */
const TOLD = { status: 500 }

const CASES: readonly Case[] = [
  { target: '/plain', answer: { status: 200, fields: OF_ORIGIN, text: `GET /plain\n${FIELDS_SENT}\n` } },
  { target: '/nothing', answer: { status: 200, fields: [], text: '' } },
  { target: '/only-status', answer: { status: 204, fields: [], text: '' } },
  { target: '/redirect', answer: { status: 302, fields: ['location: https://other.example/'] } },
  { target: '/args', answer: { text: '' } },
  { target: '/sleep', answer: { text: 'slept' } },
  { target: '/teapot', answer: { status: 418, fields: ['x-before: 1'], text: 'one two' } },
  { target: '/teapot-buffered', answer: { status: 418, fields: ['x-after: 1'], text: 'one two' } },
  { target: '/status-buffered', answer: { text: '200' } },
  {
    target: '/committed-then-next',
    answer: { status: 418, fields: [], text: `before GET /committed-then-next\n${FIELDS_SENT}\n` },
  },
  {
    target: '/edit',
    answer: {
      status: 200,
      fields: ['x-early: 1', 'x-origin: o', 'x-origin: of the guest', 'x-remove: r'],
      text: 'GET /edit\nx-a: replaced\nx-guest: added\nx-guest: set\n',
    },
  },
  { target: '/host-on', answer: { status: 200, fields: OF_ORIGIN } },
  { target: '/uri', answer: { text: `GET /other%2Fpath?x=1%202\n${FIELDS_SENT}\n` } },
  { target: '/uri-empty', answer: { text: `GET /\n${FIELDS_SENT}\n` } },
  { target: '/uri-absolute', answer: { text: `GET /abs?x\n${FIELDS_SENT}\n` } },
  { target: '/uri-then', answer: { text: '/other%20path?' } },
  // A space in the query goes out as it is, and the server takes that for no request.
  { target: '/uri-space', answer: { text: `GET /a%20b/%C3%A9?q=a%20b\n${FIELDS_SENT}\n` }, traefik: { status: 400 } },
  { target: '/method', answer: { text: `PUT /method\n${FIELDS_SENT}\n` } },
  { target: '/response-value-bad', answer: { status: 200, fields: ['x-bad: a  X-Injected: 1'], text: 'x' } },
  { target: '/response-name-bad', answer: { status: 200, fields: [], text: 'x' } },
  ...['/method-bad', '/name-bad', '/value-bad'].map((target): Case => ({ target, answer: FAILED })),
  ...['/uri-bad', '/uri-escape', '/method-empty', '/kind-bad', '/name-empty', '/status-unbuffered', '/trap'].map(
    (target): Case => ({ target, answer: FAILED, traefik: TOLD }),
  ),
  // What has gone out can't be taken back.
  { target: '/status-bad', answer: FAILED, traefik: { status: 200 } },
  { target: '/trap-committed', answer: FAILED, traefik: { status: 418 } },
  ...['/after-set', '/after-read', '/after-status', '/after-request', '/after-trap', '/late-trap'].map(
    (target): Case => ({ target, answer: FAILED, traefik: 'broken' }),
  ),
  { target: '/next-ctx', answer: { status: 200 } },
  { target: '/late-status', answer: { status: 202, fields: OF_ORIGIN, text: `GET /late-status\n${FIELDS_SENT}\n` } },
  { target: '/late-empty', answer: { status: 200, fields: OF_ORIGIN, text: '' } },
  { target: '/late-read', answer: { fields: ['x-late: 200 41', ...OF_ORIGIN] } },
  {
    target: '/late-names',
    answer: { fields: ['x-names: x-origin x-remove', ...OF_ORIGIN] },
  },
  { target: '/late-error', answer: { fields: ['x-early: 1', 'x-error: 0', ...OF_ORIGIN] } },
  {
    target: '/late',
    answer: {
      status: 203,
      fields: ['x-early: 1', 'x-late: 200 36 ["o"]', 'x-origin: late', 'x-origin: o'],
      text: 'GET /LATE\nX-A: 1\nX-A: 2\nX-REMOVE: 1\n!',
    },
  },
  // The length of the answer before stays there, and what goes out is not whole.
  {
    target: '/late-length',
    answer: { status: 200, text: 'a longer content than that which it had' },
    traefik: 'broken',
  },
  { target: '/read', init: POST, answer: { text: '12 some content' } },
  { target: '/read', init: CHUNKED, answer: { text: '12 some content' } },
  { target: '/plain', init: POST, answer: { text: `POST /plain\n${FIELDS_SENT}\nsome content` } },
  { target: '/read-on', init: POST, answer: { status: 502 } },
  { target: '/read-on', init: CHUNKED, answer: { status: 502 }, traefik: { status: 500 } },
  { target: '/read-buffered-on', init: POST, answer: { text: `POST /read-buffered-on\n${FIELDS_SENT}\nsome content` } },
  {
    target: '/read-buffered-on',
    init: CHUNKED,
    answer: { text: `POST /read-buffered-on\n${FIELDS_SENT}\nsome content` },
  },
  { target: '/rewrite-request', init: POST, answer: { text: `POST /rewrite-request\n${FIELDS_SENT}\nSOME CONTENT` } },
  {
    target: '/rewrite-request',
    init: CHUNKED,
    answer: { text: `POST /rewrite-request\n${FIELDS_SENT}\nSOME CONTENT` },
  },
  { target: '/write-request', init: CHUNKED, answer: { text: `POST /write-request\n${FIELDS_SENT}\nof the guest` } },
  {
    target: '/write-request',
    init: { ...POST, content: 'longer than that' },
    answer: { text: `POST /write-request\n${FIELDS_SENT}\nof the guest` },
    traefik: { status: 500 },
  },
  {
    target: '/late',
    init: POST,
    answer: { status: 203, text: 'POST /LATE\nX-A: 1\nX-A: 2\nX-REMOVE: 1\nSOME CONTENT!' },
  },
  { target: '/env', answer: { text: 'SIGNALBOX_TEST_TEAM=blue\nSIGNALBOX_TEST_NONE=\n' } },
  {
    target: '/go',
    answer: {
      fields: OF_ORIGIN,
      text: expect.stringMatching(/^GET \/GO\nX-A: 1\nX-A: 2\nX-LENGTH: X+\nX-REMOVE: 1\nX-TEAM: BLUE\n$/),
    },
  },
]

const named = CASES.map(
  (one) =>
    [`${one.init?.method ?? 'GET'} ${one.target}${one.init?.isChunked === true ? ' chunked' : ''}`, one] as const,
)

describe.each(['node', 'edge'])('a guest in Rust: %s', (runtime) => {
  const ask: Ask = (...args) => (runtime === 'node' ? node : edge)(...args)

  test.each(named)('%s', async (_, { target, init, answer }) => {
    expect(await ask(target, init)).toMatchObject(answer)
  })

  test('sees its options as Traefik gives them', async () => {
    const { text } = await ask('/tell?q=1')
    const [first, options, ...fields] = text.split('\n')
    expect(first).toBe('GET /tell?q=1 HTTP/1.1')
    expect(options).toBe(
      '{"blocks":[{"a":"1"},{"b":"two"}],"fraction":"0.500000","inner":{"Deep":{"x":"1"}},"list":[1,2],"mixed":["1","a"],"negative":"-2","nothing":"","number":"5","text":"a\\u003cb\\u003e\\u0026é","truth":"true","truths":[true,false]}',
    )
    // On Workers the platform joins the lines of one name.
    expect(fields.slice(0, 2)).toEqual(['host: host.example', runtime === 'node' ? 'x-a: 1 | 2' : 'x-a: 1, 2'])
  })

  test('keeps state, until its end', async () => {
    const first = Number((await ask('/count')).text)
    expect((await ask('/count')).text).toBe(`${first + 1}`)
    expect((await ask('/exit')).status).toBe(500)
    expect((await ask('/count')).text).toMatch(/^\d+$/)
  })

  test('the one of the example', async () => {
    const { status, fields, text } = await ask('/stamp')
    expect([status, text.split('\n')[4]]).toEqual([200, 'x-stamped-by: edge-1'])
    expect(fields).toContain('x-count: 1')
  })
})

describe('a guest in Rust', () => {
  test('that loops for ever is ended; others are served meanwhile', async () => {
    const start = performance.now()
    const looping = node('/loop')
    expect((await node('/count')).status).toBe(200)
    expect((await node('/stamp')).status).toBe(200)
    expect((await looping).status).toBe(500)
    expect(performance.now() - start).toBeGreaterThan(1900)
    expect((await node('/count')).status).toBe(200)
  })

  test('reads what is mounted, and writes where it may', async () => {
    const text = async (target: string) => (await node(target)).text
    expect(await text('/file?/open/a.txt')).toBe('in open')
    expect(await text('/file?/closed/a.txt')).toBe('in closed')
    expect(await text('/write-file?/open/new.txt')).toBe('written')
    expect(await text('/file?/open/new.txt')).toBe('written')
    for (const target of [
      '/write-file?/closed/new.txt',
      '/write-file?/closed/a.txt',
      '/file?/etc/passwd',
      '/file?/open/elsewhere/passwd',
      '/file?/open/../../../etc/passwd',
    ]) {
      expect(await text(target), target).not.toMatch(/^(?:written|in )|root/)
    }
    expect(await text('/file?/closed/a.txt')).toBe('in closed')
  })

  test('says and prints lines', async () => {
    await node('/log')
    const lines = logged.map(({ level, message }) => `${level} ${message}`)
    for (const line of [
      'debug level -1, true',
      'info level 0, true',
      'warn level 1, true',
      'error level 2, true',
      'debug to standard output',
      'error to standard error',
    ])
      expect(lines).toContain(line)
  })
})

describe.skipIf(REFERENCE === '')('the same in Traefik', () => {
  test.each(named)('%s', async (_, { target, init, answer, traefik: other = answer }) => {
    const got = traefik!(target, init)
    if (other === 'broken') await expect(got).rejects.toThrow()
    else expect(await got).toMatchObject(other)
  })

  test('options', async () => {
    const options = (text: string) => text.split('\n')[1]
    expect(options((await traefik!('/tell')).text)).toBe(options((await node('/tell')).text))
  })

  test('the one of the example', async () => {
    expect(await traefik!('/stamp')).toEqual(
      expect.objectContaining({ status: 200, text: (await node('/stamp')).text }),
    )
  })
})

test('examples/plugins/rust: what its files say is what is served', async () => {
  const folder = path.resolve(import.meta.dirname, '../../examples/plugins/rust')
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8')
  const plugins = folderOfPlugins({ stamp: guestModule('stamp') })
  writeFileSync(path.join(plugins, 'plugins-local/src/example.org/stamp/.traefik.yml'), read('.traefik.yml'))
  const origin = createServer((request, response) => response.end(request.headers['x-stamped-by']))
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  const { port } = origin.address() as AddressInfo
  const proxy = await startProxy(
    read('routing.yml').replace('127.0.0.1:9000', `127.0.0.1:${port}`),
    [localFlag('stamp')],
    plugins,
  )
  try {
    const ask = (headers: Record<string, string>) => fetch(proxy.url, { headers })
    expect(await (await ask({ 'X-Tenant': 'acme' })).text()).toBe('edge-1')
    const refused = await ask({ 'X-Tenant': 'other' })
    expect([refused.status, await refused.text()]).toEqual([403, 'who are you?\n'])
    expect((await ask({})).status).toBe(403)
  } finally {
    await proxy.stop()
    origin.close()
  }
})

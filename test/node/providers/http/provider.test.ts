import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHttpProvider } from '../../../../adapters/node/providers/http/provider.ts'
import { ProviderRefused } from '../../../../adapters/node/providers/provider.ts'
import { startServer } from '../../../support/node-proxy.ts'
import { type ProviderRun, runProvider, testContext } from '../../../support/provider-run.ts'
import { until } from '../../../support/until.ts'

type Server = Awaited<ReturnType<typeof startServer>>

let server: Server
/** What the server does; tests change it. */
let answer: RequestListener
let seen: IncomingMessage[]
const ends: (() => Promise<void>)[] = []

beforeEach(async () => {
  seen = []
  server = await startServer((request, response) => {
    seen.push(request)
    answer(request, response)
  })
})

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await server.close()
})

const routers = (...names: string[]) =>
  `http: {routers: {${names.map((name) => `${name}: {rule: "Path(\`/${name}\`)", service: noop@internal}`).join(', ')}}}\n`

function start(options: Partial<Parameters<typeof createHttpProvider>[1]> = {}): ProviderRun {
  const run = runProvider(
    createHttpProvider(
      'http',
      {
        endpoint: `${server.url.replace('//', '//jo:geheim@')}/conf?token=geheim`,
        pollInterval: '10ms',
        pollTimeout: '5s',
        maxResponseBodySize: -1,
        ...options,
      },
      testContext(),
    ),
  )
  ends.push(() => run.stop())
  return run
}

const inForce = (run: ProviderRun, ...names: string[]) =>
  until(
    () => Object.keys(run.config.http?.routers ?? {}).join(),
    (now) => now === names.join(),
  )

const isLost = (run: ProviderRun) =>
  until(
    () => run.lost?.message,
    (message) => message !== undefined,
  )

/** So many more polls have begun. */
const polls = (more: number) => {
  const from = seen.length
  return until(
    () => seen.length,
    (count) => count >= from + more,
  )
}

const send =
  (text: string, type = 'text/yaml'): RequestListener =>
  (_, response) =>
    void response.writeHead(200, { 'content-type': type }).end(text)

describe('what is fetched', () => {
  test('is in force, and its changes are', async () => {
    answer = send(routers('one'))
    const run = start({ headers: { 'X-Key': 'k', Host: 'conf.test' } })
    await inForce(run, 'one')
    answer = send(routers('two'))
    await inForce(run, 'two')
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/conf?token=geheim',
      headers: { host: 'conf.test', 'x-key': 'k', authorization: `Basic ${btoa('jo:geheim')}` },
    })
    expect(run.peers[0]).toBe(`${server.url}/conf`)
  })

  test('may be JSON', async () => {
    answer = send('{"http":{"routers":{"one":{"rule":"Path(`/`)","service":"noop@internal"}}}}', 'application/json')
    await inForce(start(), 'one')
  })

  test('is no template', async () => {
    answer = send('http: {routers: {one: {rule: "Path(`/{{ .x }}`)", service: noop@internal}}}')
    const run = start()
    await inForce(run, 'one')
    expect(run.config.http?.routers?.one?.rule).toBe('Path(`/{{ .x }}`)')
  })

  test('may be long', async () => {
    answer = send(routers(...Array.from({ length: 1000 }, (_, at) => `r${at}`)))
    const run = start()
    await until(
      () => Object.keys(run.config.http?.routers ?? {}).length,
      (count) => count === 1000,
    )
  })

  test('is said once while it stays the same', async () => {
    answer = send(routers('one'))
    const run = start()
    await inForce(run, 'one')
    await polls(3)
    expect(run.count).toBe(1)
  })

  test('is not sent again by a server that knows what we have', async () => {
    let text = routers('one')
    let sent = 0
    answer = (request, response) => {
      const etag = `"${createHash('sha256').update(text).digest('hex')}"`
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
      sent++
      response.writeHead(200, { etag, 'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT' }).end(text)
    }
    const run = start()
    await inForce(run, 'one')
    await polls(3)
    expect(sent).toBe(1)
    expect(seen.at(-1)!.headers['if-modified-since']).toBe('Wed, 21 Oct 2015 07:28:00 GMT')
    text = routers('two')
    await inForce(run, 'two')
    expect(sent).toBe(2)
  })

  test('that has an empty section clears', async () => {
    answer = send(routers('one'))
    const run = start()
    await inForce(run, 'one')
    answer = send('http: {}')
    await inForce(run)
    expect(run.problems).toEqual([])
  })
})

describe('what can’t be used is told once with its place, and the last good one stays', () => {
  test.each([
    ['broken', 'http:\n  routers: [\n'],
    ['a page of HTML', '<!doctype html><p>Hello</p>'],
    ['empty', ''],
    ['null', 'null'],
    ['a comment', '# nothing'],
    ['a wrong type', 'http:\n  routers: 7\n'],
    ['an unknown option', 'http:\n  routers:\n    a:\n      rul: x\n'],
    ['a duplicate key', 'http: {}\nhttp: {}\n'],
    ['octets', '\u0000\u0001'],
  ])('%s', async (_, text) => {
    answer = send(routers('one'))
    const run = start()
    await inForce(run, 'one')
    answer = send(text)
    await until(
      () => run.problems.length,
      (count) => count > 0,
    )
    expect(run.problems[0]!.severity).toBe('error')
    expect(run.problems[0]!.position).toMatchObject({ file: `${server.url}/conf` })
    expect(Object.keys(run.config.http?.routers ?? {})).toEqual(['one'])
    const { count } = run
    await polls(3)
    expect(run.count).toBe(count)
    expect(run.lost).toBeNull()
    answer = send(routers('two'))
    await inForce(run, 'two')
    expect(run.problems).toEqual([])
  })
})

describe('a fetch that fails is a lost source', () => {
  test.each<[string, RequestListener, RegExp]>([
    ['500', (_, response) => void response.writeHead(500).end('geheim'), /5?00/],
    ['404', (_, response) => void response.writeHead(404).end(), /404/],
    ['204', (_, response) => void response.writeHead(204).end(), /received non-ok response code: 204/],
    ['a reset', (request) => request.socket.resetAndDestroy(), /closed the connection|hang up/],
    [
      'half a document',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('http:')
        response.destroy()
      },
      /before/,
    ],
    ['too much', send('a'.repeat(101)), /more than 100 bytes/],
    ['a stall', () => undefined, /no whole answer within 0.3 s/],
    ['a loop', (request, response) => void response.writeHead(302, { location: request.url }).end(), /10 redirects/],
    ['a redirection to nowhere', (_, response) => void response.writeHead(301).end(), /missing Location/],
    ['another scheme', (_, response) => void response.writeHead(301, { location: 'file:///etc' }).end(), /no URL/],
  ])('%s', async (_, fault, message) => {
    answer = send(routers('one'))
    const run = start({ maxResponseBodySize: 100, pollTimeout: '300ms' })
    await inForce(run, 'one')
    answer = fault
    const error = await isLost(run)
    expect(error).toMatch(message)
    expect(error).toMatch(/^cannot fetch configuration data: /)
    expect(error).not.toContain('geheim')
    expect(run.lost).not.toBeInstanceOf(ProviderRefused)
    expect(Object.keys(run.config.http?.routers ?? {})).toEqual(['one'])
    answer = send(routers('two'))
    run.again()
    await inForce(run, 'two')
  })

  test('it is said when what comes back is what there was', async () => {
    answer = send(routers('one'))
    const run = start()
    await inForce(run, 'one')
    answer = (_, response) => void response.writeHead(503).end()
    await isLost(run)
    answer = send(routers('one'))
    const { length } = run.peers
    run.again()
    await until(
      () => run.peers.length,
      (count) => count > length,
    )
    expect(run.count).toBe(1)
  })

  test.each([401, 403])('%s refuses', async (code) => {
    answer = (_, response) => void response.writeHead(code).end()
    const run = start()
    await isLost(run)
    expect(run.lost).toBeInstanceOf(ProviderRefused)
  })

  test.each([
    [{ endpoint: '' }, 'non-empty endpoint is required'],
    [{ pollInterval: '0s' }, 'poll interval must be greater than 0'],
    [{ pollInterval: '-1s' }, 'poll interval must be greater than 0'],
    [{ endpoint: 'geheim' }, 'the endpoint is no URL of HTTP'],
    [{ endpoint: 'unix:///geheim' }, 'the endpoint is no URL of HTTP'],
  ])('options that can’t work: %j', (options, message) => {
    expect(() => start(options)).toThrow(message)
  })
})

describe('redirections', () => {
  test('are followed, and nothing that is configured goes to another host', async () => {
    const other = await startServer((request, response) => {
      expect(request.headers).not.toHaveProperty('authorization')
      expect(request.headers).not.toHaveProperty('x-key')
      expect(request.headers.host).toBe(new URL(other.url).host)
      send(routers('one'))(request, response)
    })
    ends.push(() => other.close())
    answer = (request, response) => {
      if (request.url === '/conf?token=geheim') return void response.writeHead(307, { location: '/moved' }).end()
      expect(request.headers).toMatchObject({ 'x-key': 'k', authorization: `Basic ${btoa('jo:geheim')}` })
      response.writeHead(302, { location: `${other.url}/there` }).end()
    }
    await inForce(start({ headers: { 'X-Key': 'k' } }), 'one')
  })
})

test('nothing is left after a stop', async () => {
  answer = send(routers('one'))
  const run = start({ pollInterval: '1h' })
  await inForce(run, 'one')
  await run.stop()
  expect(run.lost?.name).toBe('AbortError')
})

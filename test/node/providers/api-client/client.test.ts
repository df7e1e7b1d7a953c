import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ApiError } from '../../../../adapters/node/providers/api-client/api-error.ts'
import {
  type ApiClient,
  type ApiClientOptions,
  createApiClient,
} from '../../../../adapters/node/providers/api-client/client.ts'
import { ProviderRefused } from '../../../../adapters/node/providers/provider.ts'
import { cn, makeCertificate } from '../../../support/certificates.ts'
import { type RawServer, startRawServer } from '../../../support/raw-server.ts'
import { until } from '../../../support/until.ts'

let dir: string
const ends: (() => unknown)[] = []
const { signal } = new AbortController()

beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-api-client-'))
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  rmSync(dir, { recursive: true, force: true })
})

const file = (name: string, text: string): string => {
  writeFileSync(path.join(dir, name), text)
  return path.join(dir, name)
}

function client(options: ApiClientOptions): ApiClient {
  const made = createApiClient(options)
  ends.push(() => made.close())
  return made
}

function listen(server: Server | https.Server, where: number | string = 0): Promise<number> {
  ends.push(() => {
    server.closeAllConnections()
    return new Promise((closed) => server.close(closed))
  })
  return new Promise((listening) => {
    const done = () => listening((server.address() as AddressInfo | null)?.port ?? 0)
    if (typeof where === 'string') server.listen(where, done)
    else server.listen(where, '127.0.0.1', done)
  })
}

const serve = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(http.createServer(listener))}`

async function raw(answer: (socket: net.Socket, head: string) => void): Promise<RawServer> {
  const server = await startRawServer(answer)
  ends.push(() => server.close())
  return server
}

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }))
}

const failure = async (promise: Promise<unknown>): Promise<Error> => {
  const result = await promise.then(
    (value) => value,
    (error: unknown) => error,
  )
  if (!(result instanceof Error)) throw new Error(`no failure: ${JSON.stringify(result)}`)
  return result
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}

describe('where an API is', () => {
  test('plain HTTP below a path, with a query, fields and user', async () => {
    const url = await serve(echo)
    const api = client({
      endpoint: `${url.replace('//', '//jo:s%40cret@')}/base/`,
      headers: { 'X-Token': 'abc', Host: 'consul.test' },
    })
    expect(api.peer).toBe(`${url}/base`)
    const answer = await api.get('/v1/a', {
      signal,
      query: { index: 7, stale: true, tag: ['x y', 'z'], no: undefined },
    })
    expect(answer.json()).toMatchObject({
      method: 'GET',
      url: '/base/v1/a?index=7&stale=true&tag=x+y&tag=z',
      headers: { 'x-token': 'abc', host: 'consul.test', authorization: `Basic ${btoa('jo:s@cret')}` },
    })
  })

  test('a method with content', async () => {
    const url = await serve(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += String(chunk)
      response.end(JSON.stringify([request.method, request.headers['content-length'], text]))
    })
    const answer = await client({ endpoint: url }).request('/', { signal, method: 'POST', body: '{"a":"ä"}' })
    expect(answer.json()).toEqual(['POST', '10', '{"a":"ä"}'])
  })

  test('a Unix socket', async () => {
    const socket = path.join(dir, 'docker.sock')
    await listen(http.createServer(echo), socket)
    const api = client({ endpoint: `unix://${socket}` })
    expect(api.peer).toBe(`unix://${socket}`)
    expect((await api.get('/x', { signal })).json()).toMatchObject({ url: '/x', headers: { host: 'localhost' } })
    expect((await api.head('/x', { signal })).bytes).toHaveLength(0)
  })

  test.each(['ftp://a.test', '/var/run/x.sock', 'tcp://', 'ssh://jo:geheim@a.test', 'http://jo:geheim@:x', 'unix://'])(
    'what is none says so without secrets: %s',
    (endpoint) => {
      expect(() => createApiClient({ endpoint })).toThrow(Error)
      try {
        createApiClient({ endpoint })
      } catch (error) {
        expect((error as Error).message).not.toContain('geheim')
      }
    },
  )
})

describe('TLS', () => {
  const authority = makeCertificate({ subject: cn('authority'), isAuthority: true })
  const server = makeCertificate({ subject: cn('server'), ip: [[127, 0, 0, 1]], dns: ['localhost'] }, authority)
  const jo = makeCertificate({ subject: cn('jo') }, authority)
  const eve = makeCertificate({ subject: cn('eve') }, authority)

  async function start(): Promise<string> {
    const options = { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true }
    const port = await listen(
      https.createServer({ ...options, rejectUnauthorized: false }, (request, response) => {
        const socket = request.socket as TLSSocket
        response.end(JSON.stringify(socket.authorized ? socket.getPeerCertificate().subject.CN : null))
      }),
    )
    return `127.0.0.1:${port}`
  }

  test('by text and by tcp://', async () => {
    const tls = { ca: authority.cert, cert: jo.cert, key: jo.key }
    const api = client({ endpoint: `tcp://${await start()}`, tls })
    expect(api.peer).toMatch(/^https:/)
    expect((await api.get('/', { signal })).json()).toBe('jo')
  })

  test('by files that are read at every connect', async () => {
    const tls = { ca: file('ca', authority.cert), cert: file('cert', jo.cert), key: file('key', jo.key) }
    const api = client({ endpoint: `https://${await start()}`, tls, maxSockets: 1 })
    expect((await api.get('/', { signal })).json()).toBe('jo')
    file('cert', eve.cert)
    file('key', eve.key)
    // The connection that is kept is as it was; that of a stream is new.
    expect((await api.get('/', { signal })).json()).toBe('jo')
    expect(await collect(api.lines('/', { signal }))).toEqual(['"eve"'])
  })

  test('an unknown authority, unless nothing is to be verified', async () => {
    const endpoint = `https://${await start()}`
    expect((await failure(client({ endpoint }).get('/', { signal }))).message).toMatch(/certificate/)
    const tls = { insecureSkipVerify: true }
    expect((await client({ endpoint, tls }).get('/', { signal })).json()).toBeNull()
  })

  test('another name than that of the certificate', async () => {
    const other = makeCertificate({ subject: cn('x'), dns: ['other.test'] }, authority)
    const port = await listen(https.createServer({ cert: other.cert, key: other.key }, echo))
    const api = client({ endpoint: `https://127.0.0.1:${port}`, tls: { ca: authority.cert } })
    expect((await failure(api.get('/', { signal }))).message).toMatch(/altnames/)
    const tls = { ca: authority.cert, serverName: 'other.test' }
    const named = client({ endpoint: `https://127.0.0.1:${port}`, tls })
    expect((await named.get('/', { signal })).json()).toMatchObject({ url: '/' })
    const wrong = client({ endpoint: `https://127.0.0.1:${port}`, tls: { ...tls, serverName: '127.0.0.2' } })
    expect((await failure(wrong.get('/', { signal }))).message).toMatch(/127\.0\.0\.2.*cert's list/)
  })

  test.each([
    ['a certificate without its key', { cert: jo.cert }, 'both TLS cert and key must be defined'],
    ['an authority that is none', { ca: '/dev/null' }, 'failed to parse CA'],
    ['a missing authority', { ca: '/no/such/file' }, 'failed to read CA: ENOENT'],
    ['a missing key', { cert: jo.cert, key: 'MIGHsecret' }, 'key file does not exist: ENOENT'],
    ['a key of another certificate', { cert: jo.cert, key: eve.key }, 'key values mismatch'],
  ])('%s fails the request, every one anew', async (_, tls, message) => {
    const api = client({ endpoint: `https://${await start()}`, tls })
    for (const ask of [() => api.get('/', { signal }), () => collect(api.lines('/', { signal }))]) {
      const error = await failure(ask())
      expect(error.message).toContain(message)
      expect(error.message).not.toContain('MIGHsecret')
    }
  })

  test('more requests than connections fail too', async () => {
    const api = client({ endpoint: `https://${await start()}`, tls: { cert: jo.cert }, maxSockets: 1 })
    const errors = await Promise.all([1, 2, 3].map(() => failure(api.get('/', { signal }))))
    expect(errors.map(({ message }) => message.includes('both TLS cert and key'))).toEqual([true, true, true])
  })
})

describe('through a proxy', () => {
  const authority = makeCertificate({ subject: cn('authority'), isAuthority: true })
  // A name that nobody resolves: the proxy has to.
  const server = makeCertificate({ subject: cn('server'), dns: ['api.test'] }, authority)
  const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const
  const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]))

  beforeEach(() => {
    for (const name of variables) delete process.env[name]
  })

  afterEach(() => {
    for (const name of variables) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })

  /** Leads every tunnel to one port. @returns what it was asked */
  async function startProxy(port: number, answer = 'HTTP/1.1 200 OK'): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = []
    const proxy = http.createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`)
      response.end('"plain"')
    })
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`)
      socket.write(`${answer}\r\n\r\n`)
      if (!answer.includes('200')) return socket.end()
      const through = net.connect(port, '127.0.0.1')
      through.on('error', () => socket.destroy())
      socket.on('error', () => through.destroy())
      socket.on('close', () => through.destroy())
      through.on('close', () => socket.destroy())
      return socket.pipe(through).pipe(socket)
    })
    const url = `http://jo:geheim@127.0.0.1:${await listen(proxy)}`
    return { url, asked }
  }

  test('TLS by a tunnel, for requests and streams', async () => {
    const port = await listen(https.createServer({ cert: server.cert, key: server.key }, echo))
    const { url, asked } = await startProxy(port)
    process.env.HTTPS_PROXY = url
    const api = client({ endpoint: 'https://api.test', tls: { ca: authority.cert } })
    expect((await api.get('/x', { signal })).json()).toMatchObject({ url: '/x', headers: { host: 'api.test' } })
    expect(await collect(api.lines('/y', { signal }))).toHaveLength(1)
    expect(asked).toEqual(Array(2).fill(`CONNECT api.test:443 Basic ${btoa('jo:geheim')}`))
  })

  test('without TLS it is told where the request is to go', async () => {
    const { url, asked } = await startProxy(0)
    process.env.HTTP_PROXY = url
    expect((await client({ endpoint: 'http://api.test/base' }).get('/x', { signal })).json()).toBe('plain')
    expect(asked).toEqual([`GET http://api.test/base/x Basic ${btoa('jo:geheim')}`])
  })

  test('one that is named counts over the variables, for every address', async () => {
    const port = await listen(https.createServer({ cert: server.cert, key: server.key }, echo))
    const { url, asked } = await startProxy(port)
    process.env.HTTPS_PROXY = 'http://127.0.0.1:1'
    const tls = { ca: authority.cert, serverName: 'api.test' }
    const api = client({ endpoint: 'https://127.0.0.1:2', tls, proxyUrl: url })
    expect((await api.get('/x', { signal })).json()).toMatchObject({ url: '/x' })
    expect(asked).toEqual([`CONNECT 127.0.0.1:2 Basic ${btoa('jo:geheim')}`])
    expect(() => client({ endpoint: 'https://api.test', proxyUrl: 'socks5://geheim' })).toThrow(
      'the address of the proxy: proxies of scheme socks5 are not supported',
    )
  })

  test('one that refuses', async () => {
    const { url } = await startProxy(0, 'HTTP/1.1 407 Proxy Authentication Required')
    process.env.HTTPS_PROXY = url
    const { message } = await failure(client({ endpoint: 'https://api.test' }).get('/x', { signal }))
    expect(message).toBe('GET https://api.test/x: the proxy answers CONNECT with 407')
  })

  test('one that is none', () => {
    process.env.HTTPS_PROXY = 'socks5://geheim'
    expect(() => client({ endpoint: 'https://api.test' })).toThrow('proxies of scheme socks5 are not supported')
  })

  test('what is exempt, and what is here, is reached directly', async () => {
    const endpoint = await serve(echo)
    process.env.HTTP_PROXY = 'http://127.0.0.1:1'
    expect((await client({ endpoint }).get('/x', { signal })).json()).toMatchObject({ url: '/x' })
    process.env.NO_PROXY = '.test'
    const { message } = await failure(client({ endpoint: 'http://api.test' }).get('/x', { signal }))
    expect(message).toMatch(/ENOTFOUND|EAI_AGAIN/)
  })
})

describe('ssh', () => {
  const PATH = process.env.PATH

  afterEach(() => {
    process.env.PATH = PATH
  })

  /** A program called ssh that writes its arguments down and then does what the script says. */
  function fakeSsh(script: string): string {
    const log = path.join(dir, 'args')
    const program = file(
      'ssh',
      `#!${process.execPath}\nrequire('fs').writeFileSync('${log}', JSON.stringify(process.argv.slice(2)))\n${script}\n`,
    )
    chmodSync(program, 0o755)
    process.env.PATH = `${dir}:${PATH}`
    return log
  }

  const bridge = (port: number | string) =>
    `const s = require('net').connect(${JSON.stringify(port)}); process.stdin.pipe(s).pipe(process.stdout)`

  test('runs the bridge of Docker on the other side and keeps it for more than one request', async () => {
    let connections = 0
    const server = http.createServer(echo)
    server.on('connection', () => connections++)
    const socket = path.join(dir, 'docker.sock')
    await listen(server, socket)
    const log = fakeSsh(bridge(socket))
    const api = client({ endpoint: 'ssh://jo@box.test:2222/run/my docker.sock' })
    expect(api.peer).toBe('ssh://box.test:2222/run/my%20docker.sock')
    expect((await api.get('/a', { signal })).json()).toMatchObject({ url: '/a' })
    expect((await api.get('/b', { signal })).json()).toMatchObject({ url: '/b' })
    expect(connections).toBe(1)
    expect(await collect(api.lines('/c', { signal }))).toHaveLength(1)
    expect(connections).toBe(2)
    const args = JSON.parse(readFileSync(log, 'utf8')) as string[]
    expect(args.slice(args.indexOf('-l'))).toEqual([
      ...['-l', 'jo', '-p', '2222', '--', 'box.test', 'docker'],
      ...['--host', "'unix:///run/my docker.sock'", 'system', 'dial-stdio'],
    ])
  })

  test('says what ssh says', async () => {
    fakeSsh(`process.stderr.write('jo@box.test: Permission denied (publickey).\\n'); process.exitCode = 255`)
    const error = await failure(client({ endpoint: 'ssh://jo@box.test' }).get('/a', { signal }))
    expect(error.message).toContain('ssh ended with 255: jo@box.test: Permission denied (publickey).')
  })

  test('that is not there', async () => {
    process.env.PATH = dir
    const error = await failure(client({ endpoint: 'ssh://box.test' }).get('/a', { signal }))
    expect(error.message).toMatch(/ssh can't be started: .*ENOENT/)
  })

  test('ends with the connection', async () => {
    fakeSsh(`require('fs').writeFileSync('${path.join(dir, 'pid')}', String(process.pid)); process.stdin.resume()`)
    const stopping = new AbortController()
    const asking = failure(client({ endpoint: 'ssh://box.test' }).get('/a', { signal: stopping.signal }))
    const pid = await until(
      () => {
        try {
          return Number(readFileSync(path.join(dir, 'pid'), 'utf8'))
        } catch {
          return 0
        }
      },
      (value) => value > 0,
    )
    stopping.abort()
    expect((await asking).name).toBe('AbortError')
    await until(
      () => {
        try {
          return process.kill(pid, 0)
        } catch {
          return false
        }
      },
      (alive) => !alive,
    )
  })
})

describe('what an answer is worth', () => {
  test.each([
    [500, 'No cluster leader', 'GET PEER/v1/x: 500 Internal Server Error: No cluster leader'],
    [404, '{"message":"no such container: a"}', 'GET PEER/v1/x: 404 Not Found: no such container: a'],
    [302, '', 'GET PEER/v1/x: 302 Found'],
    [429, 'a\r\nb\u0000\u001b[31mc', 'GET PEER/v1/x: 429 Too Many Requests: a b [31mc'],
  ])('%s is an error with what the server says', async (status, content, message) => {
    const endpoint = await serve((_, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end(content)
    })
    const api = client({ endpoint })
    for (const ask of [
      () => api.get('/v1/x', { signal, query: { token: 'geheim' } }),
      () => collect(api.lines('/v1/x', { signal })),
    ]) {
      const error = await failure(ask())
      expect(error).toBeInstanceOf(ApiError)
      expect(error).toMatchObject({ status, peer: endpoint, path: '/v1/x' })
      expect(error.message).toBe(message.replace('PEER', endpoint))
    }
  })

  test('a status that is expected is an answer', async () => {
    const endpoint = await serve((_, response) => void response.writeHead(304).end())
    expect((await client({ endpoint }).get('/', { signal, accept: [304] })).status).toBe(304)
  })

  test.each([401, 403])('%s is a refusal', async (status) => {
    const endpoint = await serve((_, response) => void response.writeHead(status).end('ACL not found'))
    const api = client({ endpoint })
    for (const ask of [() => api.get('/', { signal }), () => collect(api.lines('/', { signal }))]) {
      const error = await failure(ask())
      expect(error).toBeInstanceOf(ProviderRefused)
      expect(error.message).toContain('ACL not found')
    }
  })

  test('no secret is in a message, though the server repeats it', async () => {
    const endpoint = await serve((request, response) => {
      response.writeHead(400).end(`${JSON.stringify(request.headers)} ${request.url} http://a:b@c/?d=geheim3`)
    })
    const api = client({
      endpoint,
      headers: { 'x-consul-token': 'geheim1' },
      basicAuth: { username: 'jo', password: 'geheim2' },
    })
    const { message } = await failure(api.get('/', { signal, headers: { 'x-more': 'geheim4' } }))
    expect(message).not.toMatch(/geheim|a:b/)
    expect(message).not.toContain(btoa('jo:geheim2'))
  })

  test.each(['<!doctype html><title>geheim</title>', '{"a":', '', '{"a":1}{"b":2}'])('no JSON: %j', async (content) => {
    const endpoint = await serve((_, response) => void response.end(content))
    const answer = await client({ endpoint }).get('/', { signal })
    expect(() => answer.json()).toThrow(`GET ${endpoint}/: the answer is no JSON`)
  })

  test('octets that are no UTF-8 do no harm', async () => {
    const endpoint = await serve((_, response) => void response.end(Buffer.from([0x22, 0xff, 0xfe, 0x22])))
    expect((await client({ endpoint }).get('/', { signal })).json()).toBe('\ufffd\ufffd')
  })

  test('a field or a path that can’t be sent', async () => {
    const api = client({ endpoint: await serve(echo), headers: { 'x-token': 'geheim\n' } })
    const { message } = await failure(api.get('/', { signal }))
    expect(message).toContain('x-token')
    expect(message).not.toContain('geheim')
    expect((await failure(client({ endpoint: await serve(echo) }).get('/a b', { signal }))).message).toContain('path')
  })
})

describe('faults', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'

  test.each<[string, (socket: net.Socket) => void, RegExp]>([
    ['garbage', (socket) => socket.end('\x16\x03\x01garbage\r\n\r\n'), /Parse Error/],
    ['nothing', (socket) => socket.end(), /socket hang up|before the answer/],
    ['half a head', (socket) => socket.end('HTTP/1.1 200 OK\r\nConte'), /hang up|Parse Error|before the answer/],
    ['half the content', (socket) => socket.end(`${head}12345`), /before/],
    ['a reset', (socket) => socket.write(`${head}12345`, () => socket.resetAndDestroy()), /before/],
    ['half a chunk', (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123'), /before/],
    [
      'bad chunks',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      /Parse Error/,
    ],
    [
      'a head of 128 KiB',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(131072)}\r\n\r\n`),
      /head of the answer is too long/,
    ],
    [
      'another protocol',
      (socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      /unasked/,
    ],
    ['a stall', () => undefined, /silent for 0.2 s/],
    ['a stalled head', (socket) => void socket.write('HTTP/1.1 200 OK\r\nA'), /silent for 0.2 s/],
    ['stalled content', (socket) => void socket.write(`${head}123`), /silent for 0.2 s/],
  ])('%s is an error, for requests and streams', async (_, answer, message) => {
    const server = await raw((socket) => answer(socket))
    const api = client({ endpoint: server.url, silenceMs: 200 })
    const error = await failure(api.get('/', { signal }))
    expect(error).toBeInstanceOf(ApiError)
    expect(error.message).toMatch(message)
    expect((await failure(collect(api.lines('/', { signal, silenceMs: 200 })))).message).toMatch(message)
  })

  test('what trickles in without an end has a limit in time', async () => {
    const timers = new Set<NodeJS.Timeout>()
    ends.push(() => {
      for (const timer of timers) clearInterval(timer)
    })
    const server = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      timers.add(setInterval(() => socket.write(' '), 10))
    })
    const error = await failure(client({ endpoint: server.url, timeoutMs: 200 }).get('/', { signal }))
    expect(error.message).toContain('no whole answer within 0.2 s')
  })

  test('content has a limit in size', async () => {
    const endpoint = await serve((_, response) => void response.end('a'.repeat(1001)))
    const api = client({ endpoint })
    expect((await api.get('/', { signal, maxBytes: 1001 })).bytes).toHaveLength(1001)
    const error = await failure(api.get('/', { signal, maxBytes: 1000 }))
    expect(error.message).toContain('the answer has more than 1000 bytes')
  })

  test('an error page without an end does not hold it up', async () => {
    const server = await raw((socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 500 No\r\n\r\n')
      const more = (): void => void socket.write('a'.repeat(65536), (error) => error || setImmediate(more))
      more()
    })
    const error = await failure(client({ endpoint: server.url }).get('/', { signal }))
    expect(error.message.length).toBeLessThan(500)
    expect(error).toMatchObject({ status: 500 })
  })

  test('nobody listens', async () => {
    const server = await raw(() => undefined)
    await server.close()
    expect((await failure(client({ endpoint: server.url }).get('/', { signal }))).message).toContain('ECONNREFUSED')
    const missing = `unix://${path.join(dir, 'none.sock')}`
    expect((await failure(client({ endpoint: missing }).get('/', { signal }))).message).toContain('ENOENT')
  })

  test('a kept connection that was closed meanwhile is no error', async () => {
    const sockets: net.Socket[] = []
    const server = await raw((socket, head) => {
      // The second request on the first connection is never answered.
      if (sockets.includes(socket)) return socket.resetAndDestroy()
      sockets.push(socket)
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${head.split('\r\n')[0]!.length}\r\n\r\n${head.split('\r\n')[0]}`,
      )
    })
    const api = client({ endpoint: server.url })
    await api.get('/1', { signal })
    expect((await api.get('/2', { signal })).text()).toBe('GET /2 HTTP/1.1')
    expect(sockets).toHaveLength(2)
  })

  test('a method that changes something is never sent twice', async () => {
    let seen = 0
    const server = http.createServer((request, response) => {
      seen++
      if (request.method === 'PUT') request.socket.resetAndDestroy()
      else response.end('1')
    })
    const api = client({ endpoint: `http://127.0.0.1:${await listen(server)}` })
    await api.get('/', { signal })
    await failure(api.request('/', { signal, method: 'PUT', body: 'x' }))
    expect(seen).toBe(2)
  })
})

describe('connections', () => {
  test('are kept, and no more than a number of them', async () => {
    let most = 0
    let open = 0
    const server = http.createServer((_, response) => void setImmediate(() => response.end('1')))
    server.on('connection', (socket) => {
      most = Math.max(most, ++open)
      socket.on('close', () => open--)
    })
    const api = client({ endpoint: `http://127.0.0.1:${await listen(server)}`, maxSockets: 3 })
    await Promise.all(Array.from({ length: 30 }, () => api.get('/', { signal })))
    expect(most).toBe(3)
    api.close()
    await until(
      () => open,
      (count) => count === 0,
    )
  })

  test('a request that is called off ends at once, and so does one that is closed', async () => {
    let open = 0
    const server = http.createServer(() => undefined)
    server.on('connection', (socket) => {
      open++
      socket.on('close', () => open--)
    })
    const api = client({ endpoint: `http://127.0.0.1:${await listen(server)}` })
    const stopping = new AbortController()
    const asking = failure(api.get('/', { signal: stopping.signal }))
    const following = failure(collect(api.lines('/', { signal })))
    await until(
      () => open,
      (count) => count === 2,
    )
    stopping.abort()
    expect((await asking).name).toBe('AbortError')
    api.close()
    expect((await following).message).toContain('closed')
    await until(
      () => open,
      (count) => count === 0,
    )
    expect((await failure(api.get('/', { signal: stopping.signal }))).name).toBe('AbortError')
    expect((await failure(api.get('/', { signal }))).message).toContain('closed')
  })
})

describe('lines', () => {
  const streaming = (...pieces: (string | Buffer)[]): Promise<string> =>
    serve(async (_, response) => {
      for (const piece of pieces) await new Promise((written) => response.write(piece, written))
      response.end()
    })

  test('come whole, whatever the pieces', async () => {
    const ä = Buffer.from('ä')
    const endpoint = await streaming('{"a":1}\n{"b"', ':2}\r\n\n', ä.subarray(0, 1), ä.subarray(1), '\nrest')
    let opened = 0
    const lines = client({ endpoint }).lines('/events', { signal }, () => opened++)
    expect(await collect(lines)).toEqual(['{"a":1}', '{"b":2}', '', 'ä', 'rest'])
    expect(opened).toBe(1)
  })

  test('come as they are sent', async () => {
    const sinks: ServerResponse[] = []
    const endpoint = await serve((_, response) => {
      sinks.push(response)
      response.flushHeaders()
    })
    const opened: string[] = []
    const lines = client({ endpoint })
      .lines('/', { signal }, () => opened.push('open'))
      [Symbol.asyncIterator]()
    const first = lines.next()
    await until(
      () => opened.length,
      (count) => count === 1,
    )
    sinks[0]!.write('one\n')
    expect(await first).toEqual({ done: false, value: 'one' })
    sinks[0]!.write('two\n')
    expect(await lines.next()).toEqual({ done: false, value: 'two' })
    // Who stops reading closes the connection.
    const closed = new Promise((done) => sinks[0]!.once('close', done))
    await lines.return?.()
    await closed
  })

  test('have a limit each', async () => {
    const endpoint = await streaming('short\n', 'a'.repeat(600), 'a'.repeat(600), '\n')
    const seen: string[] = []
    const error = await failure(
      (async () => {
        for await (const line of client({ endpoint }).lines('/', { signal, maxLineBytes: 1000 })) seen.push(line)
      })(),
    )
    expect(seen).toEqual(['short'])
    expect(error.message).toContain('a line has more than 1000 bytes')
  })

  test('of one byte each piece keep little', async () => {
    const endpoint = await streaming(...'x'.repeat(5000), '\n')
    expect(await collect(client({ endpoint }).lines('/', { signal }))).toEqual(['x'.repeat(5000)])
  })

  test('the time that a reader takes is no silence', async () => {
    const endpoint = await serve((_, response) => {
      response.write('one\n')
      setTimeout(() => response.end('two\n'), 50)
    })
    const lines = client({ endpoint }).lines('/', { signal, silenceMs: 300 })[Symbol.asyncIterator]()
    await lines.next()
    await new Promise((later) => setTimeout(later, 500))
    expect((await lines.next()).value).toBe('two')
    expect((await lines.next()).done).toBe(true)
  })

  test('are called off', async () => {
    const endpoint = await serve((_, response) => void response.write('one\n'))
    const stopping = new AbortController()
    const lines = client({ endpoint }).lines('/', { signal: stopping.signal })[Symbol.asyncIterator]()
    await lines.next()
    const next = failure(lines.next())
    stopping.abort()
    expect((await next).name).toBe('AbortError')
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { PeerRig } from './rig.ts'

/** Traefik, where there is one (`.ci/reference`). */
const traefik = process.env.SIGNALBOX_REFERENCE ?? ''

const rig = new PeerRig()
let backend: Server

beforeAll(async () => {
  backend = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.setHeader('content-type', 'text/plain')
      response.setHeader('x-from', 'server')
      response.statusCode = Number(new URL(request.url!, 'http://a').searchParams.get('status') ?? 200)
      response.end('x'.repeat(request.url!.startsWith('/long') ? 5_000 : 10))
    })
  })
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  await rig.close()
  backend.close()
})

const basic = (credentials: string) => ['--header', `Authorization: Basic ${btoa(credentials)}`]

/** Arguments of curl; `URL` is the proxy. */
const REQUESTS: readonly (readonly string[])[] = [
  ['URL/'],
  ['URL/a/b?c=d&e=f'],
  ['URL/x?status=404'],
  ['URL/x?status=503'],
  ['URL/long'],
  ['--head', 'URL/'],
  ['--data', 'abcdef', 'URL/'],
  ['--request', 'DELETE', 'URL/'],
  ['--http1.0', 'URL/'],
  ['--header', 'Referer: http://a.test/?q=1', '--user-agent', 'agent (x; y)', 'URL/'],
  ['--header', 'User-Agent:', 'URL/'],
  ['--header', 'X-Forwarded-For: 203.0.113.7', 'URL/'],
  ['--header', 'Host: other.test', 'URL/none'],
  ['--header', 'Host: other.test:8080', 'URL/none'],
  ['URL/denied'],
  ['URL/away'],
  ['URL/dead'],
  ['URL/again?status=503'],
  ['URL/parent/child'],
  ['URL/parent/none'],
  ['URL/split'],
  ['URL/quiet'],
  ['URL/ping'],
  ['URL/limited'],
  ['URL/limited'],
  ['URL/basic'],
  [...basic('joe:test'), 'URL/basic'],
  [...basic('joe:wrong'), 'URL/basic'],
  [...basic('eve:x'), 'URL/basic'],
  ['--header', 'Authorization: Bearer x', 'URL/basic'],
  ['URL/digest'],
  ['--header', 'Authorization: Digest username="ann", realm="traefik", nonce="x", uri="/digest"', 'URL/digest'],
  ['--header', 'Accept-Encoding: gzip', 'URL/long/packed'],
  ['--header', 'X-Two: a', '--header', 'X-Two: b', 'URL/'],
]

const router = (rule: string, more: object = {}) => ({ entryPoints: ['web'], rule, service: 'app', ...more })

function routing(url: string): object {
  return {
    http: {
      routers: {
        app: router('!Host(`other.test`)', { priority: 1 }),
        denied: router('Path(`/denied`)', { middlewares: ['denied'] }),
        away: router('Path(`/away`)', { middlewares: ['away'] }),
        dead: router('Path(`/dead`)', { service: 'dead' }),
        again: router('Path(`/again`)', { middlewares: ['again'] }),
        parent: { entryPoints: ['web'], rule: 'PathPrefix(`/parent`)' },
        child: { rule: 'Path(`/parent/child`)', service: 'app', parentRefs: ['parent'] },
        split: router('Path(`/split`)', { service: 'split' }),
        quiet: router('Path(`/quiet`)', { observability: { accessLogs: false } }),
        ping: router('Path(`/ping`)', { service: 'ping@internal' }),
        limited: router('Path(`/limited`)', { middlewares: ['limited'] }),
        basic: router('Path(`/basic`)', { middlewares: ['basic'] }),
        digest: router('Path(`/digest`)', { middlewares: ['digest'] }),
        packed: router('Path(`/long/packed`)', { middlewares: ['packed'] }),
      },
      middlewares: {
        denied: { ipAllowList: { sourceRange: ['192.0.2.0/24'] } },
        away: { redirectRegex: { regex: '.*', replacement: 'http://other.test' } },
        again: { retry: { attempts: 3, initialInterval: '1ms', status: ['503'] } },
        limited: { rateLimit: { average: 1, period: '1h', burst: 1 } },
        basic: { basicAuth: { users: ['joe:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='] } },
        digest: { digestAuth: { users: [`ann:traefik:${'0'.repeat(32)}`] } },
        packed: { compress: {} },
      },
      services: {
        app: { loadBalancer: { servers: [{ url }] } },
        dead: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:9' }] } },
        split: { weighted: { services: [{ name: 'app', weight: 1 }] } },
      },
    },
  }
}

/** Fields that are times, or belong to the client's connection. */
const PASSING = [
  'ClientAddr',
  'ClientPort',
  'Duration',
  'OriginDuration',
  'Overhead',
  'StartLocal',
  'StartUTC',
  'time',
] as const

type Field = readonly [name: string, value: unknown]

/** What differs on purpose, or by chance. */
function differs([name, value]: Field, { RequestPath: path }: Readonly<Record<string, unknown>>): boolean {
  // Moments.
  if (['downstream_Date', 'origin_Date', 'downstream_X-Retry-In'].includes(name)) return true
  // Go keeps a name without a value so that nothing is guessed; there is no such field in the answer.
  if (name.endsWith('_Content-Type') && value === '') return true
  // Traefik 3.7.15 says 0 however often it asked.
  if (name === 'RetryAttempts') return path === '/again?status=503'
  // Traefik takes the first ten octets that its compression writes for the answer of the server.
  return path === '/long/packed' && (name.startsWith('origin_') || ['GzipRatio', 'OriginContentSize'].includes(name))
}

/** Nonces are drawn at random. */
const known = ([name, value]: Field): Field => [
  name,
  name === 'downstream_Www-Authenticate' ? String(value).replace(/(nonce|opaque)="[^"]*"/g, '$1=""') : value,
]

/** Columns of lines without the time and how long it took; requests are counted from the first line on. */
function columnsOf(lines: readonly string[]): string[] {
  const columns = lines.map((line) => line.replace(/\[[^\]]*\]/, '[]').replace(/ \d+ms$/, ''))
  const COUNT = / (\d+)(?= "[^"]*" "[^"]*"$)/
  const first = Number(COUNT.exec(columns[0]!)?.[1] ?? 0)
  return columns.map((line) => line.replace(COUNT, (_, count: string) => ` ${Number(count) - first}`))
}

function fieldsOf(lines: readonly string[]): Record<string, unknown>[] {
  const all = lines.map((line) => {
    const fields = JSON.parse(line) as Record<string, unknown>
    for (const name of PASSING) {
      expect(fields, line).toHaveProperty(name)
      delete fields[name]
    }
    return fields
  })
  const first = Number(all[0]!.RequestCount)
  return all.map(({ RequestCount: count, ...fields }) => ({
    ...Object.fromEntries(
      Object.entries(fields)
        .filter((field) => !differs(field, fields))
        .map(known),
    ),
    RequestCount: Number(count) - first,
  }))
}

/** Some are never logged. */
const isLogged = (args: readonly string[]): boolean => !/\/(?:quiet|ping)$/.test(args.at(-1)!)

describe.skipIf(traefik === '')('the access log of Traefik and ours, of the same requests', () => {
  test.each(['common', 'genericCLF', 'json'])('%s', { timeout: 120_000 }, async (format) => {
    const flags = [
      '--ping.manualRouting=true',
      `--accesslog.format=${format}`,
      '--accesslog.fields.headers.defaultMode=keep',
      '--accesslog.fields.headers.names.Authorization=redact',
      '--accesslog.fields.headers.names.X-From=drop',
    ]
    const config = routing(`http://127.0.0.1:${(backend.address() as AddressInfo).port}`)
    const logOf = (name: string) => path.join(rig.dir, `${format}-${name}.log`)
    const proxy = await rig.proxy(config, [...flags, `--accesslog.filepath=${logOf('ours')}`])
    const port = await freePort()
    rig.start(traefik, [
      ...flags,
      `--entryPoints.web.address=127.0.0.1:${port}`,
      `--accesslog.filepath=${logOf('theirs')}`,
      `--providers.file.filename=${rig.file(`${format}.yml`, JSON.stringify(config))}`,
    ])
    const isUp = (url: string) =>
      fetch(`${url}/ping`).then(
        ({ status }) => status,
        () => 0,
      )
    const theirs = `http://127.0.0.1:${port}`
    for (const url of [proxy.url, theirs])
      await until(
        () => isUp(url),
        (status) => status === 200,
        30_000,
      )
    const linesOf = (name: string) =>
      existsSync(logOf(name))
        ? readFileSync(logOf(name), 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : []
    const logged = REQUESTS.filter(isLogged).length
    for (const [name, url] of [
      ['ours', proxy.url],
      ['theirs', theirs],
    ] as const) {
      // Others were asked until the routers were there.
      let expected = linesOf(name).length
      for (const args of REQUESTS) {
        await rig.run('curl', [
          '--silent',
          '--noproxy',
          '*',
          '--output',
          '/dev/null',
          '--user-agent',
          'test',
          ...args.map((arg) => arg.replace('URL', url)),
        ])
        if (isLogged(args)) expected++
        // Lines are written once the exchange is over: the order must be that of the requests.
        await until(
          () => linesOf(name).length,
          (count) => count >= expected,
        )
      }
    }
    const shown = (name: string, own: string) =>
      linesOf(name)
        .slice(-logged)
        .map((line) =>
          line.replaceAll(own.slice('http://'.length), 'PROXY').replaceAll(`:${new URL(own).port}`, ':PORT'),
        )
        .map((line) => line.replaceAll(`"${new URL(own).port}"`, '"PORT"'))
    const [mine, other] = [shown('ours', proxy.url), shown('theirs', theirs)]
    expect(mine).toHaveLength(logged)
    expect(other).toHaveLength(logged)
    const read = format === 'json' ? fieldsOf : columnsOf
    const [left, right] = [read(mine), read(other)]
    const asked = REQUESTS.filter(isLogged).map((args) => args.join(' '))
    // By request, so that a difference tells where it is.
    expect(left.map((fields, at) => [asked[at], fields])).toEqual(right.map((fields, at) => [asked[at], fields]))
  })
})

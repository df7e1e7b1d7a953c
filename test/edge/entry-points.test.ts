import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { LocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import { planForEdge } from '../../adapters/cli/edge/plan-source.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { temporaryFile } from './files.ts'
import { behindNetwork, echo } from './proxy.ts'

const key = await generateSigningKey()

/** A worker behind the network that serves routers under an install configuration. */
async function serving(install: object, http: object): Promise<LocalWorker> {
  const { plan, problems } = await planForEdge(temporaryFile('traefik.yml', JSON.stringify(install)))(
    temporaryFile('dynamic.yml', JSON.stringify({ http })),
    'edge',
  )
  expect(problems.filter(({ severity, message }) => severity === 'error' && !message.includes('IP address'))).toEqual(
    [],
  )
  const worker = await behindNetwork({
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_REFRESH_MS: '600000',
    SIGNALBOX_LOG_LEVEL: 'panic',
  })
  await publish(worker.kv, plan!, key, Date.now())
  return worker
}

interface Asked {
  readonly scheme: 'http' | 'https'
  readonly path?: string
  readonly client?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Status, target of a redirection, and what the server saw. */
async function ask({ url }: LocalWorker, { scheme, path = '/', client, headers }: Asked) {
  const front = { 'X-Front': JSON.stringify({ scheme, client }) }
  const outgoing = request({
    hostname: url.hostname,
    port: url.port,
    path,
    headers: { Host: 'a.test', ...front, ...headers },
  })
  return new Promise<{ status: number; location?: string; marks?: string; seen: Record<string, string> }>(
    (resolve, reject) => {
      outgoing.on('error', reject).on('response', async (response) => {
        const isSeen = response.headers['x-origin'] !== undefined
        const { headers: seen } = isSeen
          ? ((await json(response)) as { headers: Record<string, string> })
          : { headers: {} }
        response.resume()
        const { location, 'x-mark': marks } = response.headers as Record<string, string>
        resolve({ status: response.statusCode!, location: location!, marks: marks!, seen })
      })
      outgoing.end()
    },
  )
}

const balancer = (url: string) => ({ loadBalancer: { passHostHeader: false, servers: [{ url }] } })

test('the install configuration holds: redirections, middlewares, trusted addresses, characters', async () => {
  const { url } = await echo('s')
  const worker = await serving(
    {
      entryPoints: {
        web: { address: ':80', http: { redirections: { entryPoint: { to: 'websecure' } } } },
        websecure: {
          address: ':443',
          http: { tls: {}, middlewares: ['marked@file'], encodedCharacters: { allowEncodedSlash: false } },
          forwardedHeaders: { trustedIPs: ['203.0.113.0/24'] },
        },
        operators: { address: ':9000' },
      },
    },
    {
      routers: {
        all: { rule: 'PathPrefix(`/`)', service: 's' },
        operators: { rule: 'Path(`/operators`)', service: 's', entryPoints: ['operators'], priority: 1000 },
      },
      middlewares: { marked: { headers: { customResponseHeaders: { 'X-Mark': 'websecure' } } } },
      services: { s: balancer(url) },
    },
  )
  expect(await ask(worker, { scheme: 'http', path: '/a?b' })).toMatchObject({
    status: 301,
    location: 'https://a.test/a?b',
  })
  // What is for another entry point is nobody's: the router for all has it.
  expect(await ask(worker, { scheme: 'https', path: '/operators' })).toMatchObject({ status: 200, marks: 'websecure' })
  expect((await ask(worker, { scheme: 'https', path: '/a%2Fb' })).status).toBe(400)
  const headers = { 'X-Forwarded-For': '192.0.2.1' }
  const believed = await ask(worker, { scheme: 'https', client: '203.0.113.9', headers })
  expect(believed.seen['x-forwarded-for']).toBe('192.0.2.1, 203.0.113.9')
  const others = await ask(worker, { scheme: 'https', client: '198.51.100.9', headers })
  expect(others.seen['x-forwarded-for']).toBe('198.51.100.9')
})

test('https is for the first of its entry points, and for the next where none of its routers matches', async () => {
  const { url } = await echo('s')
  const marked = (name: string) => ({ headers: { customResponseHeaders: { 'X-Mark': name } } })
  const worker = await serving(
    {
      entryPoints: { inside: { address: ':1' }, outside: { address: ':2' }, old: { address: ':3' } },
      edge: { entryPoints: { http: 'old', https: ['outside', 'inside'] } },
    },
    {
      routers: {
        first: { rule: 'PathPrefix(`/a`)', service: 's', entryPoints: ['outside'], middlewares: ['first'], tls: {} },
        // It would come first by its priority.
        second: {
          rule: 'PathPrefix(`/`)',
          service: 's',
          entryPoints: ['inside'],
          middlewares: ['second'],
          priority: 99,
        },
        both: { rule: 'PathPrefix(`/both`)', service: 's', middlewares: ['both'], priority: 999 },
        secure: { rule: 'PathPrefix(`/old`)', service: 's', entryPoints: ['old'], tls: {} },
      },
      middlewares: { first: marked('first'), second: marked('second'), both: marked('both') },
      services: { s: balancer(url) },
    },
  )
  const marks = async (scheme: 'http' | 'https', path: string) => {
    const { status, marks: found } = await ask(worker, { scheme, path })
    return found ?? status
  }
  expect(await marks('https', '/a')).toBe('first')
  expect(await marks('https', '/b')).toBe('second')
  expect(await marks('https', '/both')).toBe('both')
  expect(await marks('http', '/both')).toBe('both')
  expect(await marks('http', '/a')).toBe(404)
  // With `tls` it is for https alone, and no https comes by its entry point.
  expect(await marks('http', '/old')).toBe(404)
  expect(await marks('https', '/old')).toBe('second')
})

test('the API says what the install configuration does, below its basePath', async () => {
  const install = {
    entryPoints: { web: { address: ':80', forwardedHeaders: { trustedIPs: ['192.0.2.1'] } } },
    api: { basePath: '/ops', dashboardName: 'shop' },
    accessLog: {},
    tracing: { otlp: { http: { endpoint: 'https://collector.test/v1/traces' } } },
  }
  const { url } = await serving(install, {
    routers: { ops: { rule: 'PathPrefix(`/`)', service: 'api@internal', entryPoints: ['web'] } },
  })
  const asked = async (path: string) => {
    const response = await fetch(new URL(path, url), {
      headers: { 'X-Front': JSON.stringify({ scheme: 'http' }) },
      redirect: 'manual',
    })
    return { status: response.status, location: response.headers.get('location'), text: await response.text() }
  }
  const entryPoints = JSON.parse((await asked('/ops/api/entrypoints')).text) as object[]
  expect(entryPoints).toContainEqual(
    expect.objectContaining({
      name: 'web',
      address: ':80',
      forwardedHeaders: expect.objectContaining({ trustedIPs: ['192.0.2.1'] }),
    }),
  )
  const { features, providers } = JSON.parse((await asked('/ops/api/overview')).text) as Record<string, unknown>
  expect([features, providers]).toEqual([{ tracing: 'OTLP', metrics: '', accessLog: true }, ['File']])
  expect((await asked('/ops/api/version')).text).toContain('"dashboardName":"shop"')
  expect(await asked('/ops')).toMatchObject({ status: 302, location: '/ops/dashboard/' })
  expect((await asked('/api/overview')).status).toBe(404)
})

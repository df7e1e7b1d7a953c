import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type KubernetesOptions, KubernetesProvider } from '../../../../adapters/node/providers/kubernetes/provider.ts'
import { INGRESSES, SECRETS, SERVICES } from '../../../../adapters/node/providers/kubernetes/resources.ts'
import { ProviderRefused } from '../../../../adapters/node/providers/provider.ts'
import type { StatusUpdate } from '../../../../src/compiler/discovery/kubernetes/status.ts'
import type { World } from '../../../../src/compiler/discovery/kubernetes/world.ts'
import { startServer } from '../../../support/node-proxy.ts'
import { type ProviderRun, runProvider, testContext } from '../../../support/provider-run.ts'
import { until } from '../../../support/until.ts'

interface Stored {
  readonly metadata: { readonly name: string; readonly namespace: string; resourceVersion: string }
  [key: string]: unknown
}

/** Objects by path of their kind; every change is told to who watches. */
class ScriptedCluster {
  readonly #objects = new Map<string, Map<string, Stored>>()
  readonly #watches = new Set<{ readonly path: string; readonly response: ServerResponse }>()
  readonly asked: string[] = []
  /** Paths (of kinds, of objects) that are answered with a status. */
  readonly statuses = new Map<string, number>()
  #version = 1

  set(path: string, name: string, more: object = {}): void {
    const metadata = { name, namespace: 'shop', resourceVersion: String(++this.#version) }
    const object: Stored = { ...more, metadata }
    const objects = this.#objects.get(path) ?? new Map<string, Stored>()
    this.#objects.set(path, objects)
    const type = objects.has(name) ? 'MODIFIED' : 'ADDED'
    objects.set(name, object)
    for (const watch of this.#watches) {
      if (watch.path === path) watch.response.write(`${JSON.stringify({ type, object })}\n`)
    }
  }

  get(path: string, name: string): Stored | undefined {
    return this.#objects.get(path)?.get(name)
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://k.test')
    if (pathname === '/version') return void response.end('{"gitVersion":"v1.36.3"}')
    const watch = searchParams.has('watch')
    if (!watch) this.asked.push(`${request.method} ${pathname}`)
    const status = this.statuses.get(pathname)
    if (status !== undefined) return void this.#refuse(response, status)
    const [, path, name] = /^(.*)\/namespaces\/shop\/(?:.*?)\/([^/]+)(?:\/status)?$/.exec(pathname) ?? []
    if (path !== undefined) return void this.#one(request, response, this.#pathOf(pathname), name!)
    if (searchParams.has('sendInitialEvents')) return void this.#refuse(response, 422)
    if (!watch) {
      const items = [...(this.#objects.get(pathname)?.values() ?? [])]
      return void response.end(JSON.stringify({ metadata: { resourceVersion: String(this.#version) }, items }))
    }
    response.writeHead(200).flushHeaders()
    const entry = { path: pathname, response }
    this.#watches.add(entry)
    response.once('close', () => this.#watches.delete(entry))
  }

  #pathOf(pathname: string): string {
    return pathname
      .replace('/namespaces/shop', '')
      .replace(/\/status$/, '')
      .replace(/\/[^/]+$/, '')
  }

  #one(request: IncomingMessage, response: ServerResponse, path: string, name: string): void {
    const object = this.#objects.get(path)?.get(name)
    if (object === undefined) return void this.#refuse(response, 404)
    if (request.method === 'GET') return void response.end(JSON.stringify(object))
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.once('end', () => {
      const sent = JSON.parse(body) as Stored
      if (sent.metadata.resourceVersion !== object.metadata.resourceVersion) return void this.#refuse(response, 409)
      this.set(path, name, { ...object, status: sent.status })
      response.end('{}')
    })
  }

  #refuse(response: ServerResponse, status: number): ServerResponse {
    return response.writeHead(status).end(JSON.stringify({ kind: 'Status', message: `scripted ${status}` }))
  }
}

let cluster: ScriptedCluster
let server: Awaited<ReturnType<typeof startServer>>
let run: ProviderRun
beforeEach(async () => {
  cluster = new ScriptedCluster()
  server = await startServer((request, response) => cluster.answer(request, response))
})
afterEach(async () => {
  await run.stop()
  await server.close()
})

const INGRESS = '/apis/networking.k8s.io/v1/ingresses'
const SECRET = '/api/v1/secrets'
const STATUS = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }

/** A router for each Ingress, whose rule is the text in the Secret of its name; and its status. */
function* steps(world: World) {
  const routers: Record<string, { rule: string; service: string }> = {}
  const statuses: StatusUpdate[] = []
  for (const object of world.list('Ingress')) {
    yield
    const { name, namespace } = object.metadata
    const secret = world.get('Secret', namespace!, name)
    routers[name] = { rule: secret === null ? 'none' : atob(secret.data?.rule ?? ''), service: 'noop@internal' }
    statuses.push({ object, status: STATUS })
  }
  return { config: { http: { routers } }, problems: [], statuses }
}

function start(options: KubernetesOptions = {}): ProviderRun {
  const all = { endpoint: server.url, token: 'geheim', ...options }
  const others = [SERVICES, SECRETS]
  run = runProvider(
    new KubernetesProvider('kubernetes', all, testContext(), { selected: [INGRESSES], others, derive: steps }),
  )
  return run
}

const rules = (): string =>
  Object.entries(run.config.http?.routers ?? {})
    .map(([name, { rule }]) => `${name}=${rule}`)
    .join()
const said = (wanted: string) => until(rules, (now) => now === wanted)
const secret = (rule: string) => ({ data: { rule: btoa(rule) } })

describe('what is said', () => {
  test('is said once everything was read, and changes that come together are one', async () => {
    cluster.set(INGRESS, 'a')
    cluster.set(SECRET, 'a', secret('Path(`/a`)'))
    start()
    await said('a=Path(`/a`)')
    expect(run.peers).toEqual([server.url])
    await until(
      () => cluster.get(INGRESS, 'a')?.status,
      (status) => status !== undefined,
    )
    const { count } = run
    for (const name of ['b', 'c', 'd', 'e']) cluster.set(INGRESS, name, { status: STATUS })
    await said('a=Path(`/a`),b=none,c=none,d=none,e=none')
    expect(run.count - count).toBeLessThanOrEqual(2)
  })

  test('waits for throttleDuration', async () => {
    cluster.set(INGRESS, 'a', { status: STATUS })
    start({ throttleDuration: '600ms' })
    await said('a=none')
    const began = performance.now()
    cluster.set(INGRESS, 'b', { status: STATUS })
    await said('a=none,b=none')
    expect(performance.now() - began).toBeGreaterThan(400)
  })

  test('a kind that may not be read is a problem; when none may, the source refuses', async () => {
    cluster.set(INGRESS, 'a', { status: STATUS })
    cluster.statuses.set('/api/v1/services', 403)
    start()
    await said('a=none')
    expect(run.problems).toMatchObject([{ origin: { item: 'services' } }])
    await run.stop()
    for (const path of [INGRESS, SECRET]) cluster.statuses.set(path, 403)
    start()
    await until(
      () => run.lost,
      (error) => error !== null,
    )
    expect(run.lost).toBeInstanceOf(ProviderRefused)
    expect(run.lost!.message).not.toContain('geheim')
  })

  test('a kind that is ill at the start holds everything back', async () => {
    cluster.statuses.set(SECRET, 500)
    start()
    await until(
      () => run.lost,
      (error) => error !== null,
    )
    expect(run.lost!.message).toContain('/api/v1/secrets: 500')
    expect(run.last).toBeUndefined()
  })
})

describe('Secrets by name', () => {
  test('are there with the first configuration, and only those that are named are asked for', async () => {
    cluster.set(INGRESS, 'a', { status: STATUS })
    cluster.set(SECRET, 'a', secret('first'))
    cluster.set(SECRET, 'other', secret('not for us'))
    cluster.statuses.set(SECRET, 403)
    start({ secretsByName: true })
    await until(
      () => run.count,
      (count) => count > 0,
    )
    expect(rules()).toBe('a=first')
    expect(run.problems).toEqual([])
    expect(cluster.asked.filter((one) => one.includes('secrets'))).toEqual(['GET /api/v1/namespaces/shop/secrets/a'])
    cluster.set(SECRET, 'b', secret('second'))
    cluster.set(INGRESS, 'b', { status: STATUS })
    await said('a=first,b=second')
  })

  test('one that may not be read is a problem with the rule to add', async () => {
    cluster.set(INGRESS, 'a', { status: STATUS })
    cluster.statuses.set('/api/v1/namespaces/shop/secrets/a', 403)
    start({ secretsByName: true })
    await said('a=none')
    expect(run.problems).toMatchObject([
      {
        origin: { item: 'Secret shop/a' },
        hint: 'add to the rules of the Role in namespace shop: {apiGroups: [""], resources: ["secrets"], resourceNames: ["a"], verbs: ["get"]}',
      },
    ])
  })
})

describe('a status', () => {
  const writes = () => cluster.asked.filter((one) => one.startsWith('PUT'))

  test('is written where it differs, and then no more', async () => {
    cluster.set(INGRESS, 'a', { spec: { kept: true }, status: { other: 1 } })
    cluster.set(INGRESS, 'b', { status: STATUS })
    start()
    await until(
      () => cluster.get(INGRESS, 'a')?.status,
      (status) => JSON.stringify(status).includes('192.0.2.1'),
    )
    expect(cluster.get(INGRESS, 'a')).toMatchObject({ spec: { kept: true }, status: { other: 1, ...STATUS } })
    cluster.set(INGRESS, 'b', { status: STATUS, spec: { changed: true } })
    await until(
      () => run.count,
      (count) => count >= 2,
    )
    expect(writes()).toEqual([`PUT /apis/networking.k8s.io/v1/namespaces/shop/ingresses/a/status`])
  })

  test('that may not be written is a problem, and the routes are there', async () => {
    cluster.set(INGRESS, 'a')
    cluster.statuses.set('/apis/networking.k8s.io/v1/namespaces/shop/ingresses/a/status', 403)
    start()
    await said('a=none')
    await until(
      () => run.problems,
      ({ length }) => length === 1,
    )
    expect(run.problems[0]).toMatchObject({
      severity: 'warning',
      origin: { item: 'Ingress shop/a', field: 'status' },
      hint: 'add to the rules of the ClusterRole: {apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["update"]}',
    })
  })

  test('that somebody else writes again and again is left alone ever longer', async () => {
    cluster.set(INGRESS, 'a')
    start()
    await until(writes, ({ length }) => length === 1)
    const began = performance.now()
    while (performance.now() - began < 2_500) {
      if (JSON.stringify(cluster.get(INGRESS, 'a')?.status ?? {}).includes('192.0.2.1')) {
        cluster.set(INGRESS, 'a', { status: { loadBalancer: { ingress: [{ ip: '192.0.2.2' }] } } })
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(writes().length).toBeLessThanOrEqual(3)
    expect(writes().length).toBeGreaterThanOrEqual(2)
  })
})

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { HttpConfig } from '../../../src/compiler/dynamic/http.ts'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import { PlanMemory } from '../../../src/compiler/planning/plan-memory.ts'
import type { Kinds } from '../../../src/contracts/kinds.ts'
import type { Observer } from '../../../src/contracts/observer.ts'
import { EMPTY_PLAN } from '../../../src/plan/empty.ts'
import { Host } from '../../../src/runtime/host.ts'
import { LinkMemory } from '../../../src/runtime/linking/link-memory.ts'
import { loadAllKinds } from '../../../src/runtime/load-kinds.ts'
import { fakePorts } from '../../support/ports.ts'
import { until } from '../../support/until.ts'

const all = await loadAllKinds()

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const flags = ['--entryPoints.web.address=127.0.0.1:0']
const install = loadInstall({ args: flags, env: {}, exists: () => false, readFile: () => '' }).install!

/** As providers say it again: what is equal to an element of before is the same object. */
function remembering(): (http: object) => HttpConfig {
  const known = new Map<string, unknown>()
  return (http) => {
    const { value } = readDynamicText(JSON.stringify({ http }), 'json', null)
    const kinds = Object.entries(value!.http as Record<string, object>).map(([kind, elements]) => [
      kind,
      Object.fromEntries(
        Object.entries(elements).map(([name, element]) => {
          const key = JSON.stringify([kind, name, element])
          if (!known.has(key)) known.set(key, element)
          return [name, known.get(key)]
        }),
      ),
    ])
    return Object.fromEntries(kinds)
  }
}

/** A host that notes what is built and what is open. */
function linking() {
  const built: string[] = []
  const open: string[] = []
  const ports = fakePorts()
  const { transports } = ports
  const host = new Host({
    memory: new LinkMemory(),
    ports: {
      ...ports,
      transports: {
        open(spec) {
          const transport = transports.open(spec)
          open.push(spec.host)
          return {
            send: transport.send,
            close() {
              open.splice(open.indexOf(spec.host), 1)
            },
          }
        },
      },
    },
  })
  const noted = <K extends Kinds['services'] | Kinds['middlewares']>(kinds: K): K =>
    Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [
        name,
        {
          ...kind,
          build(config: never, scope: never) {
            built.push((scope as { name: string }).name)
            return kind.build(config, scope)
          },
        },
      ]),
    ) as unknown as K
  const kinds = { services: noted(all.services), middlewares: noted(all.middlewares) }
  const memory = new PlanMemory()
  const asBefore = remembering()
  return {
    host,
    open,
    /** Puts elements in force. @returns what was built for it */
    apply(http: object, observer: Observer | null = null) {
      built.length = 0
      const readFile = () => ''
      const plan = compile(new Map([['file', { http: asBefore(http) }]]), { install, target: 'node', memory, readFile })
      host.apply(plan, { kinds, internal: new Map(), observer })
      return built.toSorted()
    },
    report: () => host.switch.current.report,
  }
}

const to = (host: string) => ({ loadBalancer: { servers: [{ url: `http://${host}` }] } })
const router = (service: string, ...middlewares: string[]) => ({
  rule: `Host(\`${service}.test\`)`,
  service,
  middlewares,
  entryPoints: ['web'],
})

describe('what does not change', () => {
  test('is the same object in the next snapshot, with what it has opened', () => {
    const { host, open, apply, report } = linking()
    const a = { router: router('a', 'm'), service: to('10.0.0.1') }
    const m = { stripPrefix: { prefixes: ['/m'] } }
    const first = { routers: { a: a.router }, services: { a: a.service }, middlewares: { m } }
    expect(apply(first)).toEqual(['a@file', 'm@file'])
    const before = host.switch.current
    before.enter()
    const b = { routers: { ...first.routers, b: router('b') }, services: { ...first.services, b: to('10.0.0.2') } }
    expect(apply({ ...first, ...b })).toEqual(['b@file'])
    expect(open.toSorted()).toEqual(['10.0.0.1', '10.0.0.2'])
    before.leave()
    expect(open.toSorted()).toEqual(['10.0.0.1', '10.0.0.2'])
    const { routers, services, middlewares } = report()
    expect([...routers.values()].map(({ status }) => status)).toEqual(['enabled', 'enabled'])
    expect(services.get('a@file')).toMatchObject({ built: true, usedBy: ['a@file'] })
    expect(services.get('a@file')!.service!.servers!()).toEqual({ 'http://10.0.0.1': 'UP' })
    expect(middlewares.get('m@file')).toMatchObject({ built: true, usedBy: ['a@file'] })
    expect(host.switch.current.servers).toHaveLength(2)
    expect(apply({ routers: { b: b.routers.b }, services: { b: b.services.b } })).toEqual([])
    expect(open).toEqual(['10.0.0.2'])
    host.apply(EMPTY_PLAN)
    expect(open).toEqual([])
  })

  test('does not keep the plan that it was first linked for, nor its report', async () => {
    const { host, apply } = linking()
    const first = {
      routers: { a: router('a', 'm') },
      services: { a: to('10.0.0.1') },
      middlewares: { m: { stripPrefix: { prefixes: ['/m'] } } },
    }
    apply(first)
    const kept = [new WeakRef(host.switch.current.plan), new WeakRef(host.switch.current.report)]
    for (const name of ['b', 'c']) {
      const more = { [name]: to(`${name}.test`) }
      expect(apply({ ...first, services: { ...first.services, ...more } })).toEqual([])
    }
    await until(
      () => {
        collectGarbage()
        return kept.filter((reference) => reference.deref() !== undefined).length
      },
      (count) => count === 0,
    )
  })

  test('is built anew where something that it is made of is another', () => {
    const { apply, open } = linking()
    const routers = { a: router('a', 'm') }
    const middlewares = { m: { stripPrefix: { prefixes: ['/m'] } } }
    const services = { a: to('10.0.0.1') }
    apply({ routers, services, middlewares })
    expect(apply({ routers, services, middlewares: { m: { stripPrefix: { prefixes: ['/n'] } } } })).toEqual(['m@file'])
    expect(apply({ routers, services: { a: to('10.0.0.2') }, middlewares })).toEqual(['a@file', 'm@file'])
    expect(open).toEqual(['10.0.0.2'])
    const observer: Observer = {
      entryPoint: () => null,
      router: () => null,
      service: () => null,
      attempt: () => null,
      middleware: () => null,
      retry: () => null,
      client: () => null,
    }
    const same = { routers, services, middlewares }
    apply(same)
    expect(apply(same)).toEqual([])
    expect(apply(same, observer)).toEqual(['a@file', 'm@file'])
  })

  test.each([
    ['a limit', { rateLimit: { average: 1 } }],
    ['a breaker', { circuitBreaker: { expression: 'NetworkErrorRatio() > 0.5' } }],
    ['requests in flight', { inFlightReq: { amount: 1 } }],
  ])('begins anew where it counts: %s', (_, m) => {
    const { apply } = linking()
    const elements = { routers: { a: router('a', 'm') }, services: { a: to('10.0.0.1') }, middlewares: { m } }
    apply(elements)
    expect(apply(elements)).toEqual(['m@file'])
  })

  test.each([
    ['several servers', { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }, { url: 'http://10.0.0.2' }] } }],
    ['a health check', { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }], healthCheck: { path: '/' } } }],
    ['files of TLS', { loadBalancer: { servers: [{ url: 'https://10.0.0.1' }] } }],
  ])('begins anew where a service remembers: %s', (_, a) => {
    const { apply } = linking()
    const elements = { routers: { a: router('a') }, services: { a } }
    apply(elements)
    expect(apply(elements)).toEqual(['a@file'])
  })

  test('is said again where there is something to say', () => {
    const { apply, report } = linking()
    const elements = {
      routers: { a: router('a', 'm'), b: router('a', 'lost') },
      services: { a: to('10.0.0.1') },
      middlewares: { m: { addPrefix: { prefix: '' } } },
    }
    apply(elements)
    const said = () => [...report().routers.values(), ...report().middlewares.values()].map(({ errors }) => errors)
    const first = said()
    expect(first.flat()).not.toEqual([])
    apply(elements)
    expect(said()).toEqual(first)
  })
})

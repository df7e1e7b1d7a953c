import { describe, expect, test } from 'vitest'
import { routerView, serviceView } from '../../src/api/views.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'

const kinds = await loadAllKinds()

/** What the reference binary (3.7.15) reports of mistakes. */

const on = { entryPoints: ['web'] }
const rule = 'Path(`/`)'
const tooHigh = '9223372036854775807'

function reportOf(http: object) {
  return link(planOf({ http }), {
    kinds,
    ports: fakePorts(),
    health: new HealthTable(),
    operator: new Operator(fakePorts().clock),
    internal: new Map([['ping@internal', () => Response.error() as never]]),
    observer: null,
  }).report
}

describe('routers', () => {
  const services = { s: { loadBalancer: { servers: [{ url: 'http://a' }] } } }
  const routers: Record<string, object> = {
    bare: { rule, ...on },
    lost: { rule, entryPoints: ['nosuch'] },
    high: { rule, service: 's', priority: tooHigh, middlewares: ['m'], ...on },
    far: { rule, service: 's', priority: tooHigh, entryPoints: ['nosuch'] },
    both: { rule, service: 's', priority: tooHigh, entryPoints: ['web', 'nosuch'] },
    below: { rule, service: 's', parentRefs: ['both'] },
    twice: { rule, service: 's', entryPoints: ['web', 'web'] },
    p: { rule, ...on },
    leaf: { rule, parentRefs: ['p', 'p'], middlewares: ['m'] },
    secret: { rule: 'Foo(`a`)', service: 's', tls: {}, ...on },
    named: { rule, service: 's', parentRefs: ['p', 'nosuch'], entryPoints: ['gone'] },
  }
  const report = reportOf({ routers, services, middlewares: { m: { addPrefix: { prefix: '/m' } } } })

  test.each([
    ['bare', ['router has no service and no child routers', 'router must have either a service or child routers']],
    [
      'lost',
      [
        'router has no service and no child routers',
        `entryPoint "nosuch" doesn't exist`,
        'no valid entryPoint for this router',
      ],
    ],
    ['high', [`the router priority ${tooHigh} exceeds the max user-defined priority 9223372036854774807`]],
    ['far', [`entryPoint "nosuch" doesn't exist`, 'no valid entryPoint for this router']],
    [
      'both',
      [
        'router has both a service and is referenced as a parent by other routers',
        `entryPoint "nosuch" doesn't exist`,
        `the router priority ${tooHigh} exceeds the max user-defined priority 9223372036854774807`,
      ],
    ],
    ['below', undefined],
    ['twice', undefined],
    ['p', ['building child routers muxer: no child routers could be added to muxer (2 skipped)']],
    ['leaf', ['router has no service and no child routers']],
    [
      'named',
      [
        'parent router "nosuch@file" does not exist',
        'non-root router cannot have Entrypoints configuration',
        `entryPoint "gone" doesn't exist`,
      ],
    ],
  ])('%s', (name, errors) => {
    expect(routerView(report.routers.get(`${name}@file`)!).error).toEqual(errors)
  })

  test('a TLS router whose rule names no hosts that could be read', () => {
    const errors = routerView(report.routers.get('secret@file')!).error as string[]
    expect(errors.at(-1)).toBe(
      'invalid rule Foo(`a`), error: error while parsing rule Foo(`a`): unsupported function: Foo',
    )
  })

  test('what is not built is not completed', () => {
    const view = (name: string) => routerView(report.routers.get(`${name}@file`)!)
    expect(view('high').middlewares).toEqual(['m'])
    expect(view('leaf')).toMatchObject({ middlewares: ['m'], priorityStr: '0' })
    expect(view('below').priorityStr).toBe('0')
    expect(view('twice')).toMatchObject({ priorityStr: '9', using: ['web'] })
  })
})

describe('services', () => {
  const lb = (more: object = {}, url = 'http://a') => ({ loadBalancer: { servers: [{ url }], ...more } })
  const services: Record<string, object> = {
    late: { mirroring: { service: 'ok', mirrors: [{ name: 'ghost' }, { name: 'ok', percent: 101 }] } },
    early: { mirroring: { service: 'ok', mirrors: [{ name: 'ok', percent: 101 }, { name: 'ghost' }] } },
    codes: { failover: { service: 'ghost', fallback: 'ok', errors: { status: ['x'], maxRequestBodyBytes: 0 } } },
    ping: { failover: { service: 'ping@internal', fallback: 'ok' } },
    ring: { weighted: { services: [{ name: 'ring2' }] } },
    ring2: { weighted: { services: [{ name: 'ring' }] } },
    guarded: { ...lb(), middlewares: ['ring'] },
    escaped: lb({}, 'http://%zz'),
    far: lb({}, 'http://127.0.0.1:99999'),
    cookie: lb({ sticky: { cookie: { name: 'é=', path: '' } }, healthCheck: { followRedirects: false } }, 'HTTP://a'),
    ok: lb(),
  }
  const routers = Object.fromEntries(
    [...Object.keys(services), 'ring'].map((service, i) => [`r${10 + i}`, { rule, service, ...on }]),
  )
  const idle = { idle: lb({ sticky: { cookie: {} }, serversTransport: 'x' }) }
  const report = reportOf({
    routers,
    services: { ...services, ...idle },
    middlewares: { ring: { chain: { middlewares: ['ring'] } } },
  })
  const view = (name: string) => serviceView(report.services.get(`${name}@file`)!)

  test.each([
    ['late', ['the service "ghost@file" does not exist']],
    ['early', ['percent must be between 0 and 100']],
    ['codes', ['the service "ghost@file" does not exist']],
    ['ping', ['child service ping@internal of ping@file not a healthcheck.StatusUpdater (*ping.Handler)']],
    [
      'guarded',
      [
        'could not instantiate middleware ring@file: recursion detected in service:guarded@file->middleware:ring@file->middleware:ring@file',
      ],
    ],
    ['escaped', ['error parsing server URL http://%zz: parse "http://%zz": invalid URL escape "%zz"']],
    ['far', undefined],
  ])('%s', (name, errors) => {
    expect(view(name).error).toEqual(errors)
  })

  test('what a failed service says later is all that is known of it', () => {
    const [first, second] = view('ring').error as string[]
    expect(first).toMatch(/^could not instantiate service ring@file: recursion/)
    const again = routerView(report.routers.get(`r${10 + Object.keys(services).length}@file`)!)
    expect(again.error).toEqual([`${first}, ${second}`])
  })

  test('what building completes shows once it was built', () => {
    expect(view('cookie')).toMatchObject({
      loadBalancer: { sticky: { cookie: { name: '__', path: '' } }, healthCheck: { followRedirects: false } },
      serverStatus: { 'http://a': 'UP' },
    })
    expect(view('idle')).toMatchObject({ loadBalancer: { sticky: { cookie: { path: '/' } }, serversTransport: 'x' } })
    expect(view('idle')).not.toHaveProperty('loadBalancer.sticky.cookie.name')
    expect(view('codes')).toMatchObject({ failover: { errors: { maxRequestBodyBytes: 0 } } })
  })

  test('servers are known although a middleware is not', () => {
    expect(view('guarded').serverStatus).toEqual({ 'http://a': 'UP' })
  })
})

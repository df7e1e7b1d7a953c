import { describe, expect, test } from 'vitest'
import { decode } from '../../../src/compiler/decode/decode.ts'
import { internalConfiguration } from '../../../src/compiler/discovery/internal.ts'
import { dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'
import { validateInstall } from '../../../src/compiler/install/validate.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { requirementsOf } from '../../../src/plan/requirements-of.ts'
import { installOf } from '../../support/install.ts'

function planOf(install: object, routers: Record<string, object> = {}): Plan {
  const services = { s: { loadBalancer: { passHostHeader: false, servers: [{ url: 'http://s.test' }] } } }
  const { value } = decode(
    dynamicSchema,
    { http: { ...(Object.keys(routers).length > 0 ? { routers } : {}), services } },
    'file',
  )
  const given = installOf(install)
  const messages = new Map([
    ['file', value!],
    ['internal', internalConfiguration(given)],
  ])
  return compile(messages, { install: given, target: 'edge', readFile: () => '' })
}

const everything = { rule: 'PathPrefix(`/`)', service: 's' }
const entryPoints = { web: { address: ':80' }, websecure: { address: ':443' }, dns: { address: ':53/udp' } }
const problemsOf = ({ problems }: Plan) => problems.map(({ severity, message }) => `${severity}: ${message}`)

test('aliases of hosts are not followed on Workers: a warning', () => {
  const aliases = (hostResolver: object) =>
    problemsOf(planOf({ entryPoints, hostResolver }, { r: everything })).filter((text) => text.includes('aliases'))
  expect(aliases({ cnameFlattening: true })).toEqual([
    'warning: edge: aliases of hosts are not followed: nobody asks name servers there',
  ])
  expect(aliases({ cnameFlattening: false })).toEqual([])
})

test('paths have no dot segments on Workers: a warning for entry points that requests come by', () => {
  const http = { sanitizePath: false }
  const warnings = (names: string[]) =>
    planOf(
      { entryPoints: { ...entryPoints, ...Object.fromEntries(names.map((name) => [name, { http }])) } },
      { r: everything },
    )
      .problems.filter(({ path }) => path.includes('sanitizePath'))
      .map(({ severity, path }) => `${severity}: ${path.join('.')}`)
  expect(warnings(['web'])).toEqual(['warning: entryPoints.web.http.sanitizePath'])
  expect(warnings(['other'])).toEqual([])
})

describe('schemes of requests where a platform ends TLS', () => {
  test('are those of `web` and `websecure`, as far as there are such entry points', () => {
    expect(planOf({ entryPoints }).schemes).toEqual({ http: 'web', https: ['websecure', 'web'] })
    expect(planOf({ entryPoints: { web: {} } }).schemes).toEqual({ http: 'web', https: ['web'] })
    expect(planOf({ entryPoints: { other: {} } }).schemes).toEqual({ http: '', https: [] })
  })

  test('are what `edge.entryPoints` says, without those of UDP', () => {
    const edge = { entryPoints: { http: 'websecure', https: ['dns', 'web', 'none', 'web'] } }
    expect(planOf({ entryPoints, edge }).schemes).toEqual({ http: 'websecure', https: ['web'] })
  })

  test('a name that is not that of an entry point is a warning, unless all are', () => {
    const warnings = (https: string[]) =>
      validateInstall(installOf({ entryPoints, edge: { entryPoints: { http: 'web', https } } })).map(
        ({ severity, path, message, hint }) => [severity, path.join('.'), message, hint],
      )
    expect(warnings(['web', 'websecure'])).toEqual([])
    expect(warnings(['webSecure', 'web'])).toEqual([
      ['warning', 'edge.entryPoints.https', 'there is no entry point "webSecure"', 'did you mean "websecure"?'],
    ])
    expect(validateInstall(installOf({ edge: { entryPoints: { http: 'a', https: ['b'] } } }))).toEqual([])
  })

  test('a redirection of an entry point is not for requests by https', () => {
    const redirections = { entryPoint: { to: 'websecure' } }
    const plan = planOf({ entryPoints: { ...entryPoints, web: { http: { redirections } } } }, { r: everything })
    expect(plan.routers['web-to-websecure@internal']?.redirectsEntryPoint).toBe(true)
    expect(plan.routers['r@file']).not.toHaveProperty('redirectsEntryPoint')
  })

  test('a configuration that no https request could match is an error', () => {
    const only = (...names: string[]) => ({ r: { ...everything, entryPoints: names } })
    expect(problemsOf(planOf({ entryPoints }, only('web')))).toEqual([])
    expect(problemsOf(planOf({ entryPoints }))).toEqual([])
    const edge = { entryPoints: { https: ['websecure'] } }
    expect(problemsOf(planOf({ entryPoints, edge }, only('web')))).toEqual([
      'error: edge: every https request is a 404: no router is on the entry point "websecure"',
    ])
    expect(problemsOf(planOf({ entryPoints: { other: {} } }, only('other')))).toEqual([
      'error: edge: every https request is a 404: there is none of the entry points that edge.entryPoints.https names',
      'warning: edge: no request comes by the entry point "other": http is none, https is none',
    ])
  })
})

describe('the time for the state that isolates share', () => {
  test('is in the plan where it is set, and workers must know it', () => {
    expect(planOf({ entryPoints })).not.toHaveProperty('stateTimeoutMs')
    expect(requirementsOf(planOf({ entryPoints })).options).toEqual([])
    const plan = planOf({ entryPoints, edge: { stateTimeout: '100ms' } })
    expect(plan.stateTimeoutMs).toBe(100)
    expect(requirementsOf(plan).options).toEqual(['edge.stateTimeout'])
  })

  test.each(['0s', '-1s'])('is some time: %s', (stateTimeout) => {
    expect(validateInstall(installOf({ edge: { stateTimeout } })).map(({ message }) => message)).toEqual([
      'the time for the shared state must be at least 1ms',
    ])
  })
})

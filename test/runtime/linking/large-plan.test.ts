import { expect, test, vi } from 'vitest'
import { generateSigningKey } from '../../../adapters/cli/edge/signing-keys.ts'
import { largeContent } from '../../../src/plan/large-content.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { importPublicKeys } from '../../../src/plan/signed-line.ts'
import { type GuidedPublication, openPlan, signPlan } from '../../../src/plan/signed-plan.ts'
import { Host } from '../../../src/runtime/host.ts'
import { guidanceOf } from '../../../src/runtime/linking/guidance.ts'
import { indexedBy } from '../../../src/runtime/linking/indexed-routes.ts'
import { loadAllKinds } from '../../../src/runtime/load-kinds.ts'
import { requestOf } from '../../support/middleware.ts'
import { planOf } from '../../support/plan.ts'
import { fakePorts } from '../../support/ports.ts'
import { ClientContext } from '../../support/services.ts'

const kinds = await loadAllKinds()
const key = await generateSigningKey()
const reader = { keys: await importPublicKeys(key.publicKey), audience: '' }

const VERSION = '7.8.9'
const details = { audience: '', revision: 1, rollbackOf: null, time: 1, publisher: '' }
const to = (host: string, more: object = {}) => ({ loadBalancer: { servers: [{ url: `http://${host}` }], ...more } })

/** Routers of all sorts among many plain ones. */
function manySorts(): Plan {
  const names = Array.from({ length: 90 }, (_, at) => `n${at}`)
  const on = (entryPoints: readonly string[], rule: string, more: object = {}) => ({
    rule,
    service: 'common',
    entryPoints,
    ...more,
  })
  const plan = planOf(
    {
      http: {
        routers: {
          ...Object.fromEntries(names.map((name) => [name, on(['web'], `Host(\`${name}.test\`)`, { service: name })])),
          wild: on(['web', 'websecure'], 'Host(`*.test`) && PathPrefix(`/wild`)', { priority: 900 }),
          inner: on(['web'], 'Host(`*.n1.test`)'),
          any: on(['web', 'websecure'], 'PathPrefix(`/any`)', { priority: 800 }),
          last: on(['websecure'], 'PathPrefix(`/`)', { priority: 1 }),
          two: on(['websecure', 'web'], 'Host(`n1.test`) || Host(`n2.test`) || Host(`\\"ü.test`)'),
          not: on(['web'], '!Host(`n3.test`) && Path(`/not`)', { priority: 700 }),
          safe: on(['web'], 'Host(`n4.test`) && Path(`/safe`)', { tls: {} }),
          lost: on(['web'], 'Host(`n5.test`) && Path(`/lost`)', { service: 'nowhere' }),
          checked: on(['web'], 'Host(`n6.test`) && Path(`/checked`)', { service: 'checked' }),
          __proto__: on(['web'], 'Host(`proto.test`)', { middlewares: ['toString'] }),
          'quo"te\\': on(['web'], 'Host(`quote.test`)'),
        },
        services: {
          ...Object.fromEntries(names.map((name) => [name, to(name)])),
          common: to('common'),
          checked: to('checked', { healthCheck: { path: '/' } }),
        },
        middlewares: { toString: { addPrefix: { prefix: '/x' } } },
      },
    },
    ['web', 'websecure'],
  )
  return plan
}

const publish = async (plan: Plan, guidance = guidanceOf(plan, kinds, VERSION)) =>
  (await openPlan((await signPlan(plan, details, key, guidance)).value, reader)).publication(VERSION)

/** Links a plan and says which router answers. */
function linked({ plan, index }: Pick<GuidedPublication, 'plan' | 'index'>) {
  const indexed = index === null ? {} : { indexed: indexedBy(index) }
  const ports = fakePorts()
  const snapshot = new Host({ isLazy: true, ports }).apply(plan, {
    kinds,
    internal: new Map(),
    observer: null,
    ...indexed,
  })
  const answers = async (entryPoint: string, side: 'plain' | 'tls', host: string, target: string) => {
    const cx = new ClientContext()
    const { status } = await snapshot.http.get(entryPoint)![side](requestOf({ host, target }), cx)
    return `${status} ${cx.record.router}`
  }
  return { snapshot, ports, answers }
}

const SCHEMES = [undefined, { http: 'web', https: ['websecure', 'web'] }, { http: 'web', https: ['web'] }]

test.each(SCHEMES)('a plan that is read as it is needed answers as one that has been read: %j', async (schemes) => {
  const all = manySorts()
  const plan = schemes === undefined ? all : { ...all, schemes }
  const publication = await publish(plan)
  expect(publication.index?.count).toBe(Object.keys(plan.routers).length)
  const [ours, whole] = [linked(publication), linked({ plan, index: null })]
  expect(ours.snapshot.checks.map(({ key }) => key)).toEqual(whole.snapshot.checks.map(({ key }) => key))
  const seen = new Set<string>()
  const hosts = [
    'n0',
    'N1',
    'n2',
    'n3',
    'n4',
    'n5',
    'n6',
    'n89',
    'none',
    'a.n1',
    'a.n2',
    'proto',
    'quote',
    'hasOwnProperty',
  ]
  for (const host of [...hosts.map((name) => `${name}.test`), '"ü.test', 'n1.test.', '*.test', 'other', '']) {
    for (const target of ['/', '/any', '/wild/x', '/not', '/safe', '/lost', '/checked']) {
      for (const entryPoint of ['web', 'websecure']) {
        for (const side of ['plain', 'tls'] as const) {
          const [answer, wanted] = [ours, whole].map(({ answers }) => answers(entryPoint, side, host, target))
          expect(await answer, `${entryPoint} ${side} ${host}${target}`).toBe(await wanted)
          seen.add((await answer)!)
        }
      }
    }
  }
  expect(seen.size).toBeGreaterThan(15)

  for (const { snapshot } of [ours, whole]) snapshot.linkAll()
  const shown = ({ snapshot: { report } }: ReturnType<typeof linked>) =>
    [report.routers, report.services, report.middlewares].map((reports) =>
      [...reports.values()]
        .map(({ name, status, errors, usedBy, built }) => ({ name, status, errors, usedBy: [...usedBy].sort(), built }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    )
  expect(shown(ours)).toEqual(shown(whole))
  expect(ours.snapshot.report.routers.size).toBe(whole.snapshot.report.routers.size)
})

test('who knows nothing of lines reads the same plan', async () => {
  const plan = manySorts()
  const opened = await openPlan((await signPlan(plan, details, key, guidanceOf(plan, kinds, VERSION))).value, reader)
  expect((await opened.publication()).plan).toEqual(plan)
  const other = await opened.publication('7.8.10')
  expect([other.guide, other.index]).toEqual([null, null])
  expect(other.plan).toEqual(plan)
  expect((await opened.publication(VERSION)).plan).toEqual(plan)
})

test('a first request reads what it needs of a plan, and the next one nothing', async () => {
  const publication = await publish(manySorts())
  const parse = vi.spyOn(JSON, 'parse')
  try {
    const { answers } = linked(publication)
    const eager = parse.mock.calls.length
    expect(await answers('web', 'plain', 'n40.test', '/')).toBe('200 n40@file')
    const read = parse.mock.calls.map(([text]) => text).filter((text) => text.startsWith('{'))
    expect(read.length).toBeGreaterThan(0)
    expect(read.filter((text) => /n(?!40)\d+\.test/.test(text)).length).toBeLessThan(12)
    const after = parse.mock.calls.length
    expect(after - eager).toBeLessThan(60)
    expect(await answers('web', 'plain', 'n40.test', '/')).toBe('200 n40@file')
    expect(parse.mock.calls.length).toBe(after)
  } finally {
    parse.mockRestore()
  }
})

test.each([
  ['few routers', planOf({ http: { routers: { r: { rule: 'Path(`/`)', service: 's' } }, services: { s: to('s') } } })],
  [
    'routers below others',
    planOf({
      http: {
        routers: Object.fromEntries([
          ['top', { rule: 'Host(`top.test`)', entryPoints: ['web'] }],
          ...Array.from({ length: 80 }, (_, at) => [
            `r${at}`,
            { rule: `Path(\`/${at}\`)`, service: 's', parentRefs: ['top@file'] },
          ]),
        ]),
        services: { s: to('s') },
      },
    }),
  ],
])('a plan with %s is read at once', async (_, plan) => {
  const { guide, index, plan: read } = await publish(plan)
  expect([guide?.worker, index]).toEqual([VERSION, null])
  expect(read).toEqual(plan)
})

test('lines that are not where they should be are refused', async () => {
  const plan = manySorts()
  const { guide } = guidanceOf(plan, kinds, VERSION)
  const { lines } = guide.index!
  for (const wrong of [{ routers: 90 }, { services: 91 }, { hosts: lines.hosts + 9 }, { middlewares: 0 }]) {
    const index = { ...guide.index!, anywhere: [], eager: [], lines: { ...lines, ...wrong } }
    const content = (head: object) => largeContent(head, plan, Object.keys(plan.routers), new Map())
    await expect(publish(plan, { guide: { ...guide, index }, content }), JSON.stringify(wrong)).rejects.toThrow(/lines/)
  }
})

test('an element that is not complete closes what needs it', async () => {
  const plan = manySorts()
  const { guide, content } = guidanceOf(plan, kinds, VERSION)
  const { errors: _, ...hollow } = plan.services['n7@file']!
  const hollowed = (head: object) =>
    content!(head).replace(JSON.stringify(plan.services['n7@file']), JSON.stringify(hollow))
  const { answers, snapshot } = linked(await publish(plan, { guide, content: hollowed }))
  expect(await answers('web', 'plain', 'n7.test', '/')).toBe('404 ')
  expect(snapshot.report.routers.get('n7@file')!.errors).toEqual([
    'services of the plan holds an element that is not complete',
  ])
  expect(await answers('web', 'plain', 'n8.test', '/')).toBe('200 n8@file')
})

import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { HealthTable } from '../../src/engine/health/table.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { apiOptions } from '../support/api.ts'
import { fetchApi } from '../support/fetch-api.ts'
import { planOf } from '../support/plan.ts'
import { fakePorts } from '../support/ports.ts'

const COUNT = 5_000
/** Elements that may be made before others get their turn. */
const AT_ONCE = 100

const numbers = Array.from({ length: COUNT }, (_, number) => number)
const http = {
  routers: Object.fromEntries(
    numbers.map((n) => [`r${n}`, { rule: `Host(\`h${n}.test\`)`, service: `s${n}`, entryPoints: ['web'] }]),
  ),
  services: Object.fromEntries(
    numbers.map((n) => [`s${n}`, { loadBalancer: { servers: [{ url: `http://10.0.0.1:${n}` }] } }]),
  ),
}

const ports = fakePorts()
const snapshot = link(planOf({ http }), {
  kinds: await loadAllKinds(),
  ports,
  health: new HealthTable(),
  operator: new Operator(ports.clock),
  internal: new Map(),
  observer: null,
})

let turns = 0
const api = fetchApi(() => snapshot, {
  ...apiOptions,
  turn: () => {
    turns++
    return nextTurn()
  },
})

async function ask(path: string) {
  turns = 0
  const response = await api(new Request(`http://api.test${path}`))
  return { value: JSON.parse(await response.text()) as Record<string, object> | unknown[], turns, response }
}

test('raw data of 5,000 routers and services is made in turns, and is whole', async () => {
  for (let time = 0; time < 2; time++) {
    const { value, turns, response } = await ask('/api/rawdata')
    const { routers, services } = value as Record<string, Record<string, object>>
    expect(Object.keys(routers!)).toHaveLength(COUNT)
    expect(services!['s7@file']).toMatchObject({
      loadBalancer: { servers: [{ url: 'http://10.0.0.1:7' }] },
      serverStatus: { 'http://10.0.0.1:7': 'UP' },
    })
    expect(turns).toBeGreaterThanOrEqual((2 * COUNT) / AT_ONCE)
    expect(response.headers.get('content-length')).toBeNull()
  }
})

test('so are long pages, and those for which all elements are looked at; a page by name takes no turn', async () => {
  const all = await ask(`/api/http/services?per_page=${COUNT}`)
  expect(all.value).toHaveLength(COUNT)
  expect(all.turns).toBeGreaterThanOrEqual(COUNT / AT_ONCE - 1)
  const page = await ask('/api/http/routers?search=h49&sortBy=rule&direction=desc&per_page=50&page=2')
  expect(page.value).toHaveLength(50)
  expect((page.value as { name: string }[])[0]).toMatchObject({ name: 'r4953@file' })
  expect(page.response.headers.get('x-next-page')).toBe('3')
  expect(page.turns).toBe(COUNT / 250)
  expect((await ask('/api/http/routers?per_page=50&page=2&direction=desc')).turns).toBe(0)
})

test('what is fixed is made once, the states of servers are those of the moment', async () => {
  const read = async () =>
    (await (await api(new Request('http://api.test/api/http/services/s1@file'))).json()) as object
  const before = await read()
  expect(before).toMatchObject({ serverStatus: { 'http://10.0.0.1:1': 'UP' } })
  const report = snapshot.report.services.get('s1@file')!
  report.service = { ...report.service!, servers: () => ({ 'http://10.0.0.1:1': 'DOWN' }) }
  expect(await read()).toEqual({ ...before, serverStatus: { 'http://10.0.0.1:1': 'DOWN' } })
})

test('a reader who stops reading stops the work', async () => {
  turns = 0
  const reader = (await api(new Request('http://api.test/api/rawdata'))).body!.getReader()
  await reader.read()
  await reader.cancel()
  const before = turns
  await nextTurn()
  await nextTurn()
  expect(turns).toBeLessThanOrEqual(before + 1)
})

import { expect, test } from 'vitest'
import { atOnce } from '../../src/http/steps.ts'
import { EMPTY_PLAN } from '../../src/plan/empty.ts'
import { History } from '../../src/runtime/history.ts'
import { planOf } from '../support/plan.ts'

const date = () => new Date('2026-01-01T00:00:00Z')
const planned = (routers: object, middlewares: object = {}) => {
  const services = { app: { loadBalancer: { servers: [{ url: 'http://a' }] } } }
  const maps = Object.entries({ routers, middlewares, services }).filter(([, map]) => Object.keys(map).length > 0)
  return planOf({ http: Object.fromEntries(maps) })
}
const router = (rule: string) => ({ rule, service: 'app', entryPoints: ['web'] })

test('what was added, changed and removed, the newest first', () => {
  const history = new History(date, EMPTY_PLAN)
  atOnce(history.note(planned({ a: router('Host(`a`)'), b: router('Host(`b`)') })))
  atOnce(history.note(planned({ a: router('Host(`a2`)'), c: router('Host(`c`)') })))
  const [second, first] = history.revisions
  expect(first).toMatchObject({ revision: 1, providers: ['file', 'internal'], changed: 0, removed: 0 })
  expect(second).toMatchObject({ revision: 2, at: date(), providers: ['file'], added: 1, changed: 1, removed: 1 })
  expect(
    second!.changes.map(({ kind, name, before, after }) => [kind, name, before?.shown?.rule, after?.shown?.rule]),
  ).toEqual([
    ['http.routers', 'a@file', 'Host(`a`)', 'Host(`a2`)'],
    ['http.routers', 'c@file', undefined, 'Host(`c`)'],
    ['http.routers', 'b@file', 'Host(`b`)', undefined],
  ])
})

test('elements that say the same have not changed, whatever objects they are', () => {
  const history = new History(date, EMPTY_PLAN)
  atOnce(history.note(planned({ a: router('Host(`a`)') })))
  expect(atOnce(history.note(planned({ a: router('Host(`a`)') })))).toBe(null)
  expect(history.revisions).toHaveLength(1)
})

test('ten revisions and a hundred changes of each', () => {
  const history = new History(date, EMPTY_PLAN)
  for (let i = 0; i < 12; i++) atOnce(history.note(planned({ [`r${i}`]: router('Host(`a`)') })))
  expect(history.revisions.map(({ revision }) => revision)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`m${at}`, router('Host(`m`)')]))
  const last = atOnce(history.note(planned(many)))
  expect(last).toMatchObject({ added: 150, removed: 1, changesLeftOut: 51 })
  expect(last!.changes).toHaveLength(100)
})

test('what is gone is found, also of maps that had been read through', () => {
  const history = new History(date, EMPTY_PLAN)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => router(`Host(\`${name}\`)`))
  const first = planned({ a, b })
  atOnce(history.note(first))
  const second = planned({ a, c })
  const kept = {
    ...second,
    routers: Object.assign(Object.create(null), second.routers, { 'a@file': first.routers['a@file'] }),
  }
  expect(atOnce(history.note(kept))).toMatchObject({ added: 1, changed: 0, removed: 1 })
  const { 'c@file': _, ...rest } = kept.routers as typeof second.routers
  expect(atOnce(history.note({ ...kept, routers: rest }))).toMatchObject({ added: 0, changed: 0, removed: 1 })
})

test('names of the prototype are ordinary names', () => {
  const history = new History(date, EMPTY_PLAN)
  const last = atOnce(history.note(planned({ constructor: router('Host(`a`)'), __proto__x: router('Host(`b`)') })))
  expect(last!.changes.map(({ name }) => name)).toEqual(expect.arrayContaining(['constructor@file', '__proto__x@file']))
})

test('what keys and users hide in the configuration is hidden here', () => {
  const history = new History(date, EMPTY_PLAN)
  const users = (hash: string) => planned({}, { auth: { basicAuth: { users: [`joe:${hash}`] } } })
  atOnce(history.note(users('{SHA}hunter2')))
  expect(JSON.stringify(history.revisions)).not.toContain('hunter2')
})

test('ten thousand routers that did not change cost a look', () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`r${at}`, router(`Host(\`h${at}\`)`)]))
  const plan = planned(many)
  const history = new History(date, plan)
  const again = { ...plan, routers: Object.assign(Object.create(null), plan.routers) }
  const began = process.threadCpuUsage()
  expect(atOnce(history.note(again))).toBe(null)
  const took = process.threadCpuUsage(began).user / 1000
  console.log(`noting 10,000 unchanged routers took ${took.toFixed(1)} ms of computing`)
  expect(took).toBeLessThan(50)
})

import { expect, test } from 'vitest'
import { HealthSeal } from '../../adapters/cloudflare/state/health-seal.ts'
import { HealthState } from '../../adapters/cloudflare/state/health-state.ts'
import { HealthTable } from '../../src/engine/health/table.ts'

const report = { checkedAt: Date.now(), down: ['a \u{1f600}'], streaks: {} }
const seal = new HealthSeal('secret', 'shop')

test('a report comes out as it was sealed, for this secret and this audience only', async () => {
  const line = await seal.seal(report)
  expect(await seal.open(line)).toEqual(report)
  expect(await new HealthSeal('secret', 'shop').open(line)).toEqual(report)
  for (const other of [new HealthSeal('secre', 'tshop'), new HealthSeal('secret', ''), new HealthSeal('', 'shop')]) {
    expect(await other.open(line)).toBeNull()
  }
  expect(await new HealthSeal('', '').open(JSON.stringify(report))).toEqual(report)
})

test('nothing hostile changes who is down, and nothing throws', async () => {
  const line = await seal.seal(report)
  const [format, code, json] = [line.split(' ')[0]!, line.split(' ')[1]!, line.slice(line.indexOf('{'))]
  const future = await seal.seal({ ...report, checkedAt: Date.now() + 3_600_000 })
  const table = new HealthTable()
  const state = new HealthState(table, null, seal)
  const texts = [
    ...['', 'null', '{', '[]', json, `${format}  ${json}`, `${format} ${code} `, `${format} ${code} {`, future],
    line.slice(0, -5),
    `${format} ${'A'.repeat(43)} ${json}`,
    `${format} ${code.slice(0, 42)}! ${json}`,
    line.replace('/1', '/2'),
    'x'.repeat(26 * 1024 * 1024),
    `${format} ${code} {${'"a":{'.repeat(1e5)}`,
    await seal.seal({ checkedAt: 1, down: [null] }),
    await seal.seal(JSON.parse('{"__proto__":{"checkedAt":1,"down":["x"]}}')),
    await new HealthSeal('other', 'shop').seal(report),
    await new HealthSeal('secret', 'blog').seal(report),
  ]
  for (const text of texts) {
    await state.adopt(text)
    expect([text.slice(0, 80), table.down()]).toEqual([text.slice(0, 80), []])
  }
  await state.adopt(line)
  expect(table.down()).toEqual(report.down)
  // What is older takes nothing back.
  await state.adopt(await seal.seal({ ...report, checkedAt: report.checkedAt - 1, down: [] }))
  expect(table.down()).toEqual(report.down)
})

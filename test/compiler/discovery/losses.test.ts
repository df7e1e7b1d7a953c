import { expect, test } from 'vitest'
import { losesMost } from '../../../src/compiler/discovery/losses.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'

const config = (count: number, prefix = 'r'): DynamicConfig => ({
  http: {
    routers: Object.fromEntries(Array.from({ length: Math.ceil(count / 2) }, (_, at) => [`${prefix}${at}`, {}])),
    middlewares: Object.fromEntries(Array.from({ length: Math.floor(count / 2) }, (_, at) => [`${prefix}${at}`, {}])),
  },
})

test.each([
  ['all of 20', config(20), {}, false],
  ['all of 21', config(21), {}, true],
  ['all of 30, and another section is there', config(30), { tcp: {} }, true],
  ['half of 30', config(30), config(16), false],
  ['more than half of 30', config(30), config(14), true],
  ['others in their place', config(30), config(30, 'x'), true],
  ['nothing', config(30), config(31), false],
  ['certificates', { tls: { certificates: Array(30).fill({}) } }, { tls: { certificates: Array(10).fill({}) } }, true],
])('%s', (_name, before, after, wanted) => {
  expect(losesMost(before as DynamicConfig, after as DynamicConfig)).toBe(wanted)
})

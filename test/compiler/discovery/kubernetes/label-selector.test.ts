import { expect, test } from 'vitest'
import { parseLabelSelector } from '../../../../src/compiler/discovery/kubernetes/label-selector.ts'

const LABELS = { team: 'a', 'x.test/stage': 'live', empty: '' }

test.each([
  ['team=a', true],
  ['team == a', true],
  ['team=b', false],
  ['team!=b', true],
  ['other!=b', true],
  ['team', true],
  ['other', false],
  ['!other', true],
  ['! team', false],
  ['team in (a, b)', true],
  ['team in (b)', false],
  ['team notin (b)', true],
  ['other notin (b)', true],
  ['empty=', true],
  ['empty in ()', true],
  ['team=a,x.test/stage in (live,test),!gone', true],
  ['team=a,x.test/stage=test', false],
  ['constructor', false],
])('%s', (text, wanted) => {
  expect(parseLabelSelector(text)?.(LABELS)).toBe(wanted)
})

test.each(['', 'a=(', 'team in a', 'team=a,', 'a b', '=a', 'team in (a', '-a'])('%j is none', (text) => {
  expect(parseLabelSelector(text)).toBeNull()
})

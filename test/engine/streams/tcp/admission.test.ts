import { describe, expect, test } from 'vitest'
import { admitThrough, createAdmission } from '../../../../src/engine/streams/tcp/admission.ts'

test('ipAllowList', () => {
  const admit = createAdmission({ kind: 'ipAllowList', sourceRange: ['10.0.0.0/8', '::1'] })
  expect(['10.1.2.3', '::1', '11.0.0.1', ''].map((address) => admit(address) !== null)).toEqual([
    true,
    true,
    false,
    false,
  ])
})

describe('inFlightConn', () => {
  test('counts by address until a connection is over', () => {
    const admit = createAdmission({ kind: 'inFlightConn', amount: 2 })
    const first = admit('a')
    expect([first, admit('a'), admit('b')].map((end) => end !== null)).toEqual([true, true, true])
    expect(admit('a')).toBeNull()
    first!()
    expect(admit('a')).not.toBeNull()
    expect(admit('a')).toBeNull()
  })

  test.each([0, -1])('%i closes all', (amount) => {
    expect(createAdmission({ kind: 'inFlightConn', amount })('a')).toBeNull()
  })
})

test('in a row each may refuse, and what was let in before is given back', () => {
  const counted = createAdmission({ kind: 'inFlightConn', amount: 1 })
  const listed = createAdmission({ kind: 'ipAllowList', sourceRange: ['10.0.0.1'] })
  const admit = admitThrough([counted, listed])
  expect(admit('10.0.0.2')).toBeNull()
  expect(counted('10.0.0.2')).not.toBeNull()
  const end = admit('10.0.0.1')
  expect(end).not.toBeNull()
  expect(admit('10.0.0.1')).toBeNull()
  end!()
  expect(admit('10.0.0.1')).not.toBeNull()
})

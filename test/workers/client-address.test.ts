import { createExecutionContext } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { EdgeContext } from '../../adapters/cloudflare/bridge/edge-context.ts'

const cf = { colo: 'FRA', tlsVersion: 'TLSv1.3' } as unknown as RequestInitCfProperties
const CLIENT = '203.0.113.7'

/** The address that counts as the client's. */
function addressOf(fields: Record<string, string>, init: RequestInit = {}, trustsCaller = false): string {
  const native = new Request('https://app.test/', { ...init, headers: fields })
  return new EdgeContext('websecure', native, null, createExecutionContext(), 0, trustsCaller).client.address
}

describe('CF-Connecting-IP', () => {
  test('is believed where the network has written it', () => {
    expect(addressOf({ 'CF-Connecting-IP': CLIENT }, { cf })).toBe(CLIENT)
    expect(addressOf({}, { cf })).toBe('')
  })

  test('is not believed of a request that a Worker has fetched', () => {
    expect(addressOf({ 'CF-Connecting-IP': CLIENT, 'CF-Worker': 'evil.test' }, { cf })).toBe('')
    expect(addressOf({ 'CF-Connecting-IP': CLIENT, 'cf-worker': '' }, { cf })).toBe('')
  })

  test('is not believed of a request by a service binding, where the caller writes all fields', () => {
    expect(addressOf({ 'CF-Connecting-IP': CLIENT })).toBe('')
  })

  test('nor is what is said of TLS', () => {
    const tlsOf = (fields: Record<string, string>, init: RequestInit) =>
      new EdgeContext(
        'web',
        new Request('https://app.test/', { ...init, headers: fields }),
        null,
        createExecutionContext(),
        0,
      ).client.tls?.version
    expect(tlsOf({}, { cf })).toBe('TLSv1.3')
    expect(tlsOf({ 'CF-Worker': 'evil.test' }, { cf })).toBeUndefined()
    expect(tlsOf({}, {})).toBeUndefined()
  })

  test('is believed of callers where that is said', () => {
    expect(addressOf({ 'CF-Connecting-IP': CLIENT }, {}, true)).toBe(CLIENT)
    expect(addressOf({ 'CF-Connecting-IP': CLIENT, 'CF-Worker': 'own.test' }, { cf }, true)).toBe(CLIENT)
  })
})

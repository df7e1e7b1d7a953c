import { describe, expect, test } from 'vitest'
import { parseEntryPointAddress } from '../../../src/compiler/install/address.ts'

describe('parseEntryPointAddress', () => {
  test.each([
    [':80', { host: '', port: 80, protocol: 'tcp' }],
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080, protocol: 'tcp' }],
    ['[::1]:0/TCP', { host: '::1', port: 0, protocol: 'tcp' }],
    ['localhost:53/udp', { host: 'localhost', port: 53, protocol: 'udp' }],
    ['', { host: '', port: 0, protocol: 'tcp' }],
    ['/udp', { host: '', port: 0, protocol: 'udp' }],
    [':', { host: '', port: 0, protocol: 'tcp' }],
    ['127.0.0.1:', { host: '127.0.0.1', port: 0, protocol: 'tcp' }],
    [':https', { host: '', port: 443, protocol: 'tcp' }],
    [':domain/udp', { host: '', port: 53, protocol: 'udp' }],
  ])('%j', (text, address) => {
    expect(parseEntryPointAddress(text)).toEqual(address)
  })

  test.each([
    ['80', 'address 80: missing port in address'],
    ['::1:80', 'address ::1:80: missing port in address'],
    [':x', 'address :x: invalid port'],
    [':70000', 'address :70000: invalid port'],
    [':https/udp', 'address :https: invalid port'],
    [':80/SCTP', 'invalid protocol: SCTP'],
  ])('%j is refused', (text, message) => {
    expect(() => parseEntryPointAddress(text)).toThrow(message)
  })
})

import { createPrivateKey } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { describe, expect, test } from 'vitest'
import { rendered, templatePorts } from '../../support/templates.ts'

describe('what a template asks of its machine', () => {
  test('the time, in its zone', () => {
    const at = (timeZone: string) => templatePorts({}, { timeZone, now: () => 1_700_000_000_500_000_000n })
    expect(rendered('{{ now.Unix }} {{ date "2006-01-02 15:04 MST" now }}', at('Europe/Berlin'))).toBe(
      '1700000000 2023-11-14 23:13 CET',
    )
    expect(rendered('{{ now | htmlDate }} {{ ago 1699999900 }} {{ date "15:04" "x" }}', at('UTC'))).toBe(
      '2023-11-14 1m41s 22:13',
    )
    expect(rendered('{{ (toDate "2006-01-02 15:04" "2024-07-01 12:00").Unix }}', at('America/New_York'))).toBe(
      '1719849600',
    )
  })

  // What Go gives where TZ is Europe/Berlin.
  test.each([
    ['2006-01-02 15:04 MST', '2024-01-05 12:00 CET', '2024-01-05 12:00:00 +0100 CET'],
    ['2006-01-02 15:04 MST', '2024-01-05 12:00 CEST', '2024-01-05 11:00:00 +0100 CET'],
    ['2006-01-02 15:04 MST', '2024-07-05 12:00 CEST', '2024-07-05 12:00:00 +0200 CEST'],
    ['2006-01-02 15:04 MST', '2024-07-05 12:00 EST', '2024-07-05 12:00:00 +0000 EST'],
    ['2006-01-02 15:04 -0700', '2024-07-05 12:00 +0200', '2024-07-05 12:00:00 +0200 CEST'],
    ['2006-01-02 15:04 -0700', '2024-01-05 12:00 +0200', '2024-01-05 12:00:00 +0200 +0200'],
    ['2006-01-02 15:04 -0700 MST', '2024-01-05 12:00 +0100 XYZ', '2024-01-05 12:00:00 +0100 XYZ'],
  ])('names of zones: %s %s', (layout, written, expected) => {
    const ports = templatePorts({}, { timeZone: 'Europe/Berlin' })
    expect(rendered(`{{ toDate "${layout}" "${written}" }}`, ports)).toBe(expected)
  })

  test('addresses of hosts', () => {
    const ports = templatePorts({}, { addressesOf: (host) => (host === 'a' ? ['10.0.0.1'] : []) })
    expect(rendered('{{ getHostByName "a" }}', ports)).toBe('10.0.0.1')
    expect(rendered('{{ getHostByName "b" }}', ports)).toBe(
      'template: f.yml:1:3: executing "f.yml" at <getHostByName "b">: error calling getHostByName: invalid argument to Intn',
    )
  })

  test('chance', () => {
    const texts = Array.from({ length: 20 }, () => rendered('{{ randAlphaNum 20 }}'))
    expect(new Set(texts).size).toBe(20)
    for (const text of texts) expect(text).toMatch(/^[0-9A-Za-z]{20}$/)
    const numbers = new Set(Array.from({ length: 200 }, () => rendered('{{ randInt 3 6 }}')))
    expect([...numbers].sort()).toEqual(['3', '4', '5'])
    expect([...rendered('{{ shuffle "abcdef" }}')].sort().join('')).toBe('abcdef')
  })

  test('hashes of passwords that fit', () => {
    const [user, hash] = rendered('{{ htpasswd "user" "päss" }}').split(':')
    expect(user).toBe('user')
    expect(compareSync('päss', hash!)).toBe(true)
    expect(compareSync('pass', hash!)).toBe(false)
  })

  test.each(['rsa', 'ecdsa', 'ed25519'])('a private key: %s', (kind) => {
    const key = createPrivateKey(rendered(`{{ genPrivateKey "${kind}" }}`))
    expect(key.asymmetricKeyType).toBe(kind === 'ecdsa' ? 'ec' : kind)
  })

  test('what is encrypted is decrypted with the same password only', () => {
    const encrypted = rendered('{{ encryptAES "secret" "geheim" }}')
    expect(rendered(`{{ decryptAES "secret" "${encrypted}" }}`)).toBe('geheim')
    expect(rendered(`{{ decryptAES "other" "${encrypted}" }}`)).not.toBe('geheim')
  })

  test('certificates are made elsewhere', () => {
    expect(rendered('{{ genCA "a" 365 }}')).toMatch(/error calling genCA: certificates can not be made here$/)
  })

  test('names of objects are ordinary names', () => {
    expect(
      rendered('{{ env "__proto__" }}|{{ $d := dict "__proto__" 1 "constructor" 2 }}{{ $d.__proto__ }} {{ $d }}'),
    ).toBe('|1 map[__proto__:1 constructor:2]')
    expect(
      rendered(
        '{{ (dict).toString }} {{ hasKey (dict) "constructor" }} {{ merge (dict) (fromJson "{\\"__proto__\\":{\\"x\\":1}}") }}',
      ),
    ).toBe('<no value> false map[__proto__:map[x:1]]')
    expect(rendered('{{ toString.constructor }}')).toMatch(/wrong number of args for toString/)
    expect(rendered('{{ constructor }}')).toMatch(/function "constructor" not defined/)
  })
})

import { describe, expect, test } from 'vitest'
import { type Domain, sanitised, thinned } from '../../../src/compiler/acme/domains.ts'
import { matchesName, NameCover } from '../../../src/compiler/acme/name-cover.ts'

const domain = (main: string, ...sans: string[]): Domain => ({ main, sans })

// What Traefik's own tests fix (v3.7 `pkg/provider/acme/provider_test.go`, TestDeleteUnnecessaryDomains).
describe('names that are wanted twice', () => {
  test.each<[string, Domain[], Domain[]]>([
    [
      'nothing is left out',
      [domain('acme.wtf', 'traefik.acme.wtf', 'foo.bar'), domain('*.foo.acme.wtf'), domain('acme02.wtf', 'bar.foo')],
      [domain('acme.wtf', 'traefik.acme.wtf', 'foo.bar'), domain('*.foo.acme.wtf'), domain('acme02.wtf', 'bar.foo')],
    ],
    [
      'a wildcard and its root',
      [domain('acme.wtf'), domain('*.acme.wtf', 'acme.wtf')],
      [domain('acme.wtf'), domain('*.acme.wtf')],
    ],
    [
      'equal entries',
      [domain('acme.wtf', 'traefik.acme.wtf', 'foo.bar'), domain('acme.wtf', 'traefik.acme.wtf', 'foo.bar')],
      [domain('acme.wtf', 'traefik.acme.wtf', 'foo.bar')],
    ],
    [
      'entries that share names',
      [domain('acme.wtf', 'traefik.acme.wtf'), domain('acme.wtf', 'traefik.acme.wtf', 'foo.bar')],
      [domain('acme.wtf', 'traefik.acme.wtf'), domain('foo.bar')],
    ],
    [
      'all of them in a wildcard',
      [domain('who.acme.wtf', 'traefik.acme.wtf', 'bar.acme.wtf'), domain('*.acme.wtf')],
      [domain('*.acme.wtf')],
    ],
    ['a wildcard twice', [domain('*.acme.wtf', 'acme.wtf'), domain('*.acme.wtf')], [domain('*.acme.wtf', 'acme.wtf')]],
    [
      'some of them in a wildcard',
      [
        domain('traefik.acme.wtf', 'acme.wtf', 'foo.bar'),
        domain('*.acme.wtf'),
        domain('who.acme.wtf', 'traefik.acme.wtf', 'bar.acme.wtf'),
      ],
      [domain('acme.wtf', 'foo.bar'), domain('*.acme.wtf')],
    ],
  ])('%s', (_, wanted, left) => {
    expect(thinned(wanted).domains).toEqual(left)
  })

  test('what is left out is said', () => {
    expect(thinned([domain('a.x.test'), domain('*.x.test')]).notes).toEqual([
      'a.x.test needs no certificate beside *.x.test',
    ])
  })
})

describe('names that are asked for', () => {
  test.each<[string[], string[]]>([
    [['*.traefik.wtf'], ['*.traefik.wtf']],
    [
      ['traefik.wtf', 'foo.traefik.wtf'],
      ['traefik.wtf', 'foo.traefik.wtf'],
    ],
    [
      ['*.traefik.wtf', '*.acme.wtf'],
      ['*.traefik.wtf', '*.acme.wtf'],
    ],
    [['A.Test.'], ['a.test']],
    [['a.test', 'a.test.'], ['a.test']],
    [['xn--bcher-kva.test'], ['xn--bcher-kva.test']],
    [
      ['Bücher.test', '*.bücher.test'],
      ['xn--bcher-kva.test', '*.xn--bcher-kva.test'],
    ],
  ])('%j', (wanted, names) => {
    expect(sanitised(wanted)).toMatchObject({ names })
  })

  test.each<[string[], string]>([
    [[], 'no domain was given'],
    [
      ['*.*.traefik.wtf', 'foo.traefik.wtf'],
      `unable to generate a wildcard certificate in ACME provider for domain "*.*.traefik.wtf,foo.traefik.wtf" : ACME does not allow '*.*' wildcard domain`,
    ],
    [['a b.test'], 'no certificate can be had for "a b.test": it is no domain name'],
    [['-x.test'], 'no certificate can be had for "-x.test": it is no domain name'],
    [['ü/x.test'], 'no certificate can be had for "ü/x.test": it is no domain name'],
    [['a..test'], 'no certificate can be had for "a..test": it is no domain name'],
    [['$(id).test'], 'no certificate can be had for "$(id).test": it is no domain name'],
    [[`${'a.'.repeat(130)}test`], `no certificate can be had for "${'a.'.repeat(130)}test": it is too long`],
  ])('refused: %j', (wanted, error) => {
    expect(sanitised(wanted)).toEqual({ error })
  })

  test('a dot at the end is said', () => {
    expect(sanitised(['a.test.'])).toMatchObject({
      notes: ['FQDN detected, please remove the trailing dot: a.test.'],
    })
  })
})

describe('what a certificate is good for', () => {
  test.each<[string, string, boolean]>([
    ['a.test', 'a.test', true],
    ['a.test', 'b.test', false],
    ['x.a.test', '*.a.test', true],
    ['a.test', '*.a.test', false],
    ['y.x.a.test', '*.a.test', false],
    ['y.x.a.test', '*.*.a.test', true],
    ['*.a.test', '*.a.test', true],
    ['a.test', 'a.test.', true],
    ['a', '*', true],
  ])('%s by %s: %s', (name, certificateName, is) => {
    expect(matchesName(name, certificateName)).toBe(is)
  })

  // TestGetUncheckedCertificates.
  test.each<[string[], string[], string[]]>([
    [['traefik.wtf'], ['traefik.wtf', 'foo.traefik.wtf'], ['foo.traefik.wtf']],
    [['*.traefik.wtf'], ['who.traefik.wtf', 'foo.traefik.wtf'], []],
    [['*.traefik.wtf'], ['traefik.wtf', 'foo.traefik.wtf'], ['traefik.wtf']],
    [['*.traefik.wtf', 'traefik.wtf'], ['traefik.wtf', 'bar.traefik.wtf', 'foo.traefik.wtf', 'acme.wtf'], ['acme.wtf']],
  ])('%j leave of %j %j', (there, wanted, left) => {
    expect(new NameCover(there).uncovered(wanted)).toEqual(left)
  })
})

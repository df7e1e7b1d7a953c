import { describe, expect, test } from 'vitest'
import { negotiateAlpn } from '../../../src/engine/tls/alpn.ts'
import { CertificateIndex } from '../../../src/engine/tls/certificate-index.ts'
import { createHostOptions } from '../../../src/engine/tls/host-options.ts'

describe('options by server name', () => {
  const hosts = createHostOptions({ 'a.test': 'a', '*.w.test': 'w', 'x.w.test': 'x', '*': 'all' })

  test.each([
    ['a.test', 'a'],
    ['A.Test', 'a'],
    ['a.test.', 'a'],
    ['sub.a.test', null],
    ['y.w.test', 'w'],
    ['X.W.TEST.', 'x'],
    ['z.y.w.test', null],
    ['w.test', null],
    ['.w.test', null],
    ['*.w.test', null],
    ['', null],
  ])('%s: %s', (name, options) => expect(hosts.specific(name)).toBe(options))

  test('the rest has the options of routers without a host', () => {
    expect(hosts.catchAll).toBe('all')
    expect(createHostOptions({}).catchAll).toBeNull()
  })

  test('names of the prototype are no hosts', () => {
    expect(createHostOptions({}).specific('constructor')).toBeNull()
  })
})

describe('certificates by server name', () => {
  const index = (...all: string[][]) =>
    new CertificateIndex(all.map((names) => ({ names, certificate: names.join(' ') })))

  test.each([
    [[['a.x'], ['*.x']], 'a.x', 'a.x'],
    [[['a.x'], ['*.x']], 'b.x', '*.x'],
    [[['*.x']], 'b.a.x', null],
    [[['*.x']], 'x', null],
    [[['*.x']], 'A.X.', '*.x'],
    // Of keys in descending order the first that fits: more names beat one.
    [[['a.x'], ['a.x', 'b.x']], 'a.x', 'a.x b.x'],
    [[['*.x', 'z.x'], ['a.x']], 'a.x', 'a.x'],
    [[['127.0.0.1', 'l']], '127.0.0.1', '127.0.0.1 l'],
    [[['a.x']], '', null],
    [[], 'a.x', null],
  ])('%j for %s: %s', (all, name, found) => expect(index(...all).find(name)).toBe(found))

  test('of equal names the first one counts', () => {
    const two = new CertificateIndex([
      { names: ['b', 'a'], certificate: 1 },
      { names: ['a', 'b'], certificate: 2 },
    ])
    expect(two.find('a')).toBe(1)
  })
})

test.each([
  [['h2', 'http/1.1'], ['http/1.1', 'h2'], { kind: 'protocol', name: 'h2' }],
  [['h2', 'http/1.1'], [], { kind: 'none' }],
  [['h2'], ['http/1.1'], { kind: 'none' }],
  [['http/1.1'], ['h2'], { kind: 'refused' }],
  [[], ['h2'], { kind: 'none' }],
])('ALPN: server %j, client %j', (server, client, outcome) => expect(negotiateAlpn(server, client)).toEqual(outcome))

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Go writes groups so.
import { describe, expect, test } from 'vitest'
import { compileRegexp } from '../../../../src/engine/matching/regexp/regexp.ts'
import { MAX_STEPS, TooCostly, unlimitedEffort } from '../../../../src/http/effort.ts'
import { planRegexp } from '../../../../src/rules/go-regexp/plan-regexp.ts'

const fresh = () => ({ stepsLeft: MAX_STEPS })
const compile = (pattern: string) => compileRegexp(planRegexp(pattern))

describe('replaceAll', () => {
  test.each([
    ['.*', 'abc', 'x', 'x'],
    ['a*', 'baac', 'x', 'xbxcx'],
    ['(?:a*)*', 'baac', 'x', 'xbxcx'],
    ['b', 'abcb', '[$0]', 'a[b]c[b]'],
    ['(a)(b)?', 'ac', '<$1|$2|$3>', '<a||>c'],
    ['(a)', 'a', '$1_x', ''],
    ['(a)', 'a', '${1}_x', 'a_x'],
    ['(?P<n>a)', 'a', '$n-${n}-$m', 'a-a-'],
    ['a', 'a', '$$1 $ ${ ${} $', '$1 $ ${ ${} $'],
    ['(a)', 'a', '$01', ''],
    ['(?P<n>a)|(?P<n>b)', 'ab', '[$n]', '[a][b]'],
    ['^/foo/(.*)$', '/foo/bar', '/$1', '/bar'],
    ['x', 'abc', 'y', 'abc'],
    ['', '😀a', '-', '-😀-a-'],
    ['^', 'ab', '-', '-ab'],
    ['$', 'ab', '-', 'ab-'],
  ])('%s in %s by %s', (pattern, text, template, result) => {
    expect(compile(pattern).replaceAll(text, template, unlimitedEffort())).toBe(result)
  })

  test('an expression that looks far ahead again and again is given up', () => {
    const regexp = compile('.*b|a')
    expect(regexp.replaceAll('a'.repeat(500), 'x', fresh())).toBe('x'.repeat(500))
    expect(() => regexp.replaceAll('a'.repeat(20_000), 'x', fresh())).toThrow(TooCostly)
    expect(regexp.replaceAll('aab', 'x', fresh())).toBe('x')
  })
})

test('exec and expand', () => {
  for (const pattern of ['/(?P<id>[0-9]+)/', '(?:)(?:/(?P<id>[0-9]+)/)+?']) {
    const regexp = compile(pattern)
    const match = regexp.exec('/a/12/34/', fresh(), 1)
    expect(match).toMatchObject({ index: 2, end: 6 })
    expect(regexp.expand(match!, 'id=$id')).toBe('id=12')
    expect(regexp.exec('/a/12/34/', fresh(), 6)).toBeNull()
  }
})

describe('time is linear on hostile texts', () => {
  const units = ['a', '/', 'x', 'ab', '1', 'foo', '/bar/']
  test.each([
    '^(a+)+$', '(a|a)*b', 'a+b', '(a*)*c', '(.*)*x', 'foo.*bar', '(x+x+)+y', '[^/]+$', '([a-z]+)+@', '\\d+\\.\\d+',
    '^(([a-z])+.)+[A-Z]([a-z])+$', '^(.*)/([^/]+)$', '/v[0-9]+/', '^/api/(.*)/(.*)$', '^.+\\.example\\.com$', 'x*', 'a.*',
    '^/static/.*\\.(js|css)$', '^/foo(/.*)?$', '^[^/]+/[^/]+$', '^([a-z]+\\.)*example\\.com$', '^(?:ab|c)+$',
  ])('%s', (pattern) => {
    const regexp = compile(pattern)
    const start = performance.now()
    for (const unit of units) {
      const text = `${unit.repeat(Math.ceil(50_000 / unit.length))}\n!`
      regexp.test(text, unlimitedEffort())
      regexp.exec(text, unlimitedEffort())
      regexp.replaceAll(text, '-', unlimitedEffort())
    }
    // A quadratic engine takes minutes for these.
    expect(performance.now() - start).toBeLessThan(10_000)
  }, 20_000) // biome-ignore format: a table
})

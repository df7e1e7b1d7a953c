import { describe, expect, test } from 'vitest'
import { parseRedirectUrl } from '../../../src/middlewares/shared/redirect-url.ts'

describe('parseRedirectUrl', () => {
  test.each([
    ['http://u:p@Other:80/x', 'http://u:p@Other:80/x', '/x'],
    ['HTTP://h', 'http://h', '/'],
    ['mailto:a?q=1', 'mailto:a?q=1', 'a?q=1'],
    ['//other/x', '//other/x', '/x'],
    ['///x', '///x', '///x'],
    ['https:///x', 'https:///x', '/x'],
    ['https:/x', 'https:/x', '/x'],
    ['http://h/x?', 'http://h/x?', '/x?'],
    ['http://h/a b(c)', 'http://h/a%20b%28c%29', '/a%20b%28c%29'],
    ['http://h/b(c)%2F', 'http://h/b(c)%2F', '/b(c)%2F'],
    ['http://h/#a(b)[', 'http://h/#a(b)[', '/'],
    ['http://h/#a{b', 'http://h/#a%7Bb', '/'],
    ['http://h/#', 'http://h/', '/'],
    ['http://[fe80::1%25en0]:80/', 'http://[fe80::1%25en0]:80/', '/'],
    ['http://u%40:a%3ab@h/', 'http://u%40:a%3Ab@h/', '/'],
    ['http://%c3%bc/', 'http://%C3%BC/', '/'],
    ['', '', '/'],
    ['http:?q', 'http:?q', '/?q'],
    ['http:#f', 'http:#f', '/'],
    ['http://h/#a\r\nb\u007f', 'http://h/#a%0D%0Ab%7F', '/'],
  ])('%s', (reference, text, requestUri) => {
    expect(parseRedirectUrl(reference)).toEqual({ text, requestUri })
  })

  test.each([
    ':x',
    '1http://h/',
    'a_b:c',
    'http://h/%zz',
    'http://h:x/',
    'http://::1/',
    'http://a:1:2/',
    'http://[::1/',
    'http://[1.2.3.4]/',
    'http://[x]/',
    'http://a[b]/',
    'http://a b/',
    'http://h%41/',
    'http://u^@h/',
    'http://h/#%z',
    'http://h/\r\nX: 1',
    'http://h/\u007f',
    'tcp://a:x/',
    '//a:80:81/x',
    '//a:1:x/',
    'http://[::1%25%C3]/',
  ])('%j is none', (reference) => {
    expect(parseRedirectUrl(reference)).toBeNull()
  })
})

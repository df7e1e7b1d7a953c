import { describe, expect, test } from 'vitest'
import { parseServerUrl } from '../../src/schema/server-url.ts'

describe('a URL of a server, as Go reads it', () => {
  test.each([
    ['http://a', 'http a 80 '],
    ['HTTP://u:p@a:8080/x/?q=1#f', 'http a 8080 /x/'],
    ['https://[::1]/', 'https ::1 443 /'],
    ['http://[fe80::1%25eth0]:1', 'http fe80::1%25eth0 1 '],
    ['h2c://a:1:2', 'h2c a:1 2 '],
    ['http://a:99999', 'http a 99999 '],
    ['http://a/b c"é', 'http a 80 /b%20c%22%C3%A9'],
    ['http://a/b%2Fc', 'http a 80 /b%2Fc'],
    ['http:a', 'http  0 '],
    ['a/b:c', '  0 '],
    ['///a', '  0 '],
    ['//a', ' a 0 '],
    ['', '  0 '],
  ])('%s', (url, expected) => {
    const { scheme, host, port, path } = parseServerUrl(url)
    expect(`${scheme} ${host} ${port} ${path}`).toBe(expected)
  })

  test.each([
    ['a:80', null],
    ['127.0.0.1:80', 'parse "127.0.0.1:80": first path segment in URL cannot contain colon'],
    [':80', 'parse ":80": missing protocol scheme'],
    ['http://a\n#f', 'parse "http://a\\n": net/url: invalid control character in URL'],
    ['http://a:x#f', 'parse "http://a:x": invalid port ":x" after host'],
    ['http://a:1:2', 'parse "http://a:1:2": invalid port ":1:2" after host'],
    ['http://[::1', `parse "http://[::1": missing ']' in host`],
    ['http://a[::1]', 'parse "http://a[::1]": invalid IP-literal'],
    ['http://[a]', 'parse "http://[a]": invalid host: ParseAddr("a"): unable to parse IP'],
    ['http://[::1%25]', 'parse "http://[::1%25]": invalid host: ParseAddr("::1%"): zone must be a non-empty string'],
    ['http://[::%C3]', 'parse "http://[::%C3]": invalid URL escape "%C3"'],
    ['http://[::1%25%C3]', 'parse "http://[::1%25%C3]": invalid URL escape "%C3"'],
    ['http://a b', 'parse "http://a b": invalid character " " in host name'],
    ['http://a%41', 'parse "http://a%41": invalid URL escape "%41"'],
    ['http://é<@a', 'parse "http://é<@a": net/url: invalid userinfo'],
    ['http://u%z@a', 'parse "http://u%z@a": invalid URL escape "%z"'],
    ['http://a/%zz', 'parse "http://a/%zz": invalid URL escape "%zz"'],
    ['http://a/#%zz', 'parse "http://a/#%zz": invalid URL escape "%zz"'],
    ['b%zz', 'parse "b%zz": invalid URL escape "%zz"'],
  ])('%j: %s', (url, reason) => {
    if (reason === null) expect(() => parseServerUrl(url)).not.toThrow()
    else expect(() => parseServerUrl(url)).toThrow(`error parsing server URL ${url}: ${reason}`)
  })
})

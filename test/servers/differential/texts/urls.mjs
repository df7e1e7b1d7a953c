import { cleanPath, decodePath, encodedOf, hasBrokenEscape, viewOf } from '../../../../src/http/path.ts'
import { QueryValues } from '../../../../src/http/query.ts'
import { parseRedirectUrl } from '../../../../src/middlewares/shared/redirect-url.ts'
import { PrepareError } from '../../../../src/schema/element.ts'
import { parseServerUrl } from '../../../../src/schema/server-url.ts'
import { several, sometimesMutated } from './mutations.mjs'
import { valueOr } from './refused.mjs'

const SCHEMES = [
  'http://',
  'https://',
  'h2c://',
  'HTTP://',
  '//',
  '',
  'http:',
  'http:/',
  'mailto:',
  '1a://',
  'a+b.c-d://',
  'http:///',
  ':',
  '/',
  'tcp://',
  'javascript:',
]
const USERS = [
  '',
  '',
  '',
  'u@',
  'u:p@',
  'u:p:q@',
  'a%20b:c%3A@',
  'u@v@',
  'é@',
  'u[@',
  '@',
  ':@',
  'u%zz@',
  "a!$&'()*+,;=:b@",
]
const NAMES = [
  'a.test',
  'A.Test',
  'localhost',
  '10.0.0.1',
  '[::1]',
  '[fe80::1%25eth0]',
  '[fe80::1%eth0]',
  'é.test',
  'a%41.test',
  'a%C3%A9.test',
  'a_b',
  'a b',
  'xn--e1a',
  '',
  '[::1',
  '::1',
  'a.test.',
  '[1.2.3.4]',
  'a%2',
  '[v1.a]',
  'a"b',
  'a<b>',
  '[::ffff:1.2.3.4]',
  '[::g]',
  'a\\b',
  'a^b',
  '%25',
  '*',
  '[]',
  'a]b',
  '[::1]x',
  '[::1%25]',
]
const PORTS = ['', '', ':80', ':', ':99999', ':x', ':08', ':80:81', ':-1', ':é', ':+1']
const PATHS = [
  '',
  '/',
  '/a',
  '/a/b',
  '/a%20b',
  '/a b',
  '/é',
  '/%C3%A9',
  '/a%2Fb',
  '/%2f',
  '/..',
  '/a/../b',
  '/./a',
  '//a',
  '/a//b/',
  '/%zz',
  '/%4',
  '/a;b=c',
  '/a:b',
  '/(x)',
  '/[x]',
  '/{x}',
  '/|',
  '/"',
  "/'!*",
  '/%41',
  '/a+b',
  '/~u',
  '/a@b',
  '/%28',
  '/a/..%2Fb',
  '/\\',
  '/^`',
  '/...',
  '/a/./',
  '/a/..',
  '/%2e%2E/a',
  '/😀',
  '/$&,=',
  '*',
]
const QUERIES = ['', '', '?', '?a=b', '?a=b&c', '?é', '?a b', '?%zz', '?a=?', '??', '?a;b', '?a#b', '?\'"<>']
const FRAGMENTS = ['', '', '', '#', '#f', '#é', '#a b', '#%zz', '#%41', '#a#b', '#?!', '#(x)', '#%28', '#a"b', '#/%2F']
const URL_PIECES = [
  ':',
  '/',
  '//',
  '?',
  '#',
  '@',
  '[',
  ']',
  '%',
  '%2',
  '%25',
  ' ',
  '\t',
  '\n',
  '\0',
  '\x7f',
  'é',
  '\\',
  '.',
  '..',
  '%00',
  '%C3',
  '😀',
  '+',
  '&',
  '=',
  ';',
  '|',
  '^',
  '"',
  '<',
]

const url = (random) =>
  sometimesMutated(
    random,
    0.3,
    [SCHEMES, USERS, NAMES, PORTS, PATHS, QUERIES, FRAGMENTS].map((list) => random.pick(list)).join(''),
    URL_PIECES,
  )

const DEFAULT_PORTS = { http: '80', h2c: '80', https: '443' }

/** What is of interest of the URL of a server: nothing without a host. */
export const serverUrl = {
  inputOf: url,
  own: (text) =>
    valueOr([PrepareError], () => {
      const { scheme, host, port, authority, path } = parseServerUrl(text)
      return { scheme, host: authority, name: host, port: String(port), path }
    }),
  isKnown: (_, own, { value: theirs }) => {
    if (own.value === undefined || theirs === undefined || theirs === null) return false
    const { scheme, host, name, port, path } = own.value
    if (host === '' && theirs.host === '') return scheme === theirs.scheme
    const theirPort = String(Number(theirs.port === '' ? (DEFAULT_PORTS[theirs.scheme] ?? '0') : theirs.port))
    // A path that Go would encode anew stays as it is, but for what may not stand in it.
    const isPath = path === theirs.path || decodePath(path) === decodePath(theirs.path)
    const isSame = scheme === theirs.scheme && port === theirPort && isPath
    // Go decodes hosts; escapes in them stay here, and no server is reached by either.
    return isSame && (host.includes('%') || (host === theirs.host && name === theirs.name) || /[^\x21-\x7e]/.test(host))
  },
}

/**
 * URL references as they are written back. Hosts with several colons and brackets in zones, which lead nowhere, are refused;
 * a colon in the first segment of a relative path is not kept apart, nor are zones escaped.
 */
export const reference = {
  isKnown: (text, own, theirs) =>
    own.error === undefined
      ? theirs.value?.text === `./${own.value.text}` || /%25[^\]]*[^\x00-\x7f]/.test(text)
      : text.split(']').length > 2 || /:[^/]*:/.test(text.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, '')),
  inputOf: url,
  own(text) {
    const parsed = parseRedirectUrl(text)
    return parsed === null ? { error: 'none' } : { value: { text: parsed.text, requestUri: parsed.requestUri } }
  },
}

/** Paths of requests without dot segments. */
export const path = {
  what: 'cleanPath',
  inputOf: (random) =>
    `/${several(random, 0, 5, () => random.pick([...PATHS.map((one) => one.slice(1)), '.', '..', '', 'a', '/'])).join('/')}`.replace(
      /[?#\x00-\x20\x7f]/g,
      '',
    ),
  own(text) {
    if (hasBrokenEscape(text)) return { error: 'none' }
    return { value: cleanPath(encodedOf(viewOf(text))) }
  },
}

export const query = {
  inputOf: (random) =>
    sometimesMutated(
      random,
      0.3,
      several(
        random,
        0,
        5,
        () =>
          random.pick(['a', 'b', '%C3%A9', '%61', 'a+b', '', '%zz', 'a%20b']) +
          random.pick(['=', '', '=', '==']) +
          random.pick(['1', '', 'x y', '%C3%A9', '%', '+', 'a=b', '%41', '%FF']),
      ).join('&'),
      ['&', '=', ';', '%', '+', '%2', '&&', '#', '?', '\0'],
    ).replace(/^\?+/, ''),
  own(text) {
    const values = new QueryValues(text)
    const found = [...values.keys()].map((key) => [key, values.of(key)]).filter(([, all]) => all.length > 0)
    const visible = (part) => part.replace(/[\udc80-\udcff]/gu, '\ufffd')
    return { value: Object.fromEntries(found.map(([key, all]) => [visible(key), all.map(visible)])) }
  },
  /** Keys with octets that are no UTF-8 look alike. */
  isKnown: (_, own) => JSON.stringify(own).includes('\ufffd'),
}

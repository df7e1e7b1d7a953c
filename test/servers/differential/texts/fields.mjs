import { compareSync } from 'bcryptjs'
import { readCookie } from '../../../../src/http/cookies.ts'
import { canonicalName, Fields } from '../../../../src/http/fields.ts'
import { mediaTypeOf } from '../../../../src/http/media-type.ts'
import { sniffContentType } from '../../../../src/http/sniff.ts'
import { parseBasicCredentials } from '../../../../src/middlewares/basic-auth/basic-auth.ts'
import { passwordHashOf } from '../../../../src/middlewares/basic-auth/password-hash.ts'
import { bytesOf } from '../../../../src/middlewares/shared/bytes.ts'
import { canonicalHost } from '../../../../src/runtime/routing/entry-point.ts'
import { several, sometimesMutated } from './mutations.mjs'

/** Texts of fields are byte strings. */
const LATIN = ['é', '\x80', '\xff']

export const mediaType = {
  inputOf: (random) => {
    const type = random.pick([
      'text/html',
      'TEXT/Plain',
      'a',
      'application/grpc+proto',
      'text/',
      '/html',
      '',
      'a/b/c',
      'text/html,a',
      '*/*',
      'a b/c',
      'x!#$/y',
    ])
    const parameters = several(
      random,
      0,
      2,
      () =>
        random.pick([';', '; ', ' ;', ' ; ']) +
        random.pick([
          'charset=utf-8',
          'a="b c"',
          'a="b\\"c"',
          'a=',
          '=b',
          'a',
          "a*=UTF-8''x",
          'a*0=x',
          'a=b',
          'A=B',
          'a="b',
          'charset=utf-8',
          'q=1',
          'a= b',
          'a =b',
          "a*=utf-8''%zz",
        ]),
    )
    return sometimesMutated(random, 0.25, type + parameters.join(''), [
      '/',
      ';',
      '=',
      '"',
      ' ',
      '\t',
      ',',
      '(',
      '*',
      '\\',
      ...LATIN,
    ])
  },
  own(text) {
    const type = mediaTypeOf(text)
    return type === null ? { error: 'none' } : { value: type }
  },
  /** Who has two values for one parameter has a type all the same. */
  isKnown: (_text, _own, theirs) => /duplicate parameter name/.test(theirs.error ?? ''),
}

export const cookie = {
  inputOf: (random) => ({
    name: random.pick(['a', 'b', '_sticky', 'a-b', 'A', 'a.b']),
    lines: several(random, 1, 2, () =>
      sometimesMutated(
        random,
        0.3,
        several(
          random,
          0,
          4,
          () =>
            random.pick(['a', 'b', '_sticky', 'a-b', 'A', 'ab', 'a.b', ' a', 'a ', '']) +
            random.pick(['=', '=', '=', '', ' = ', '= ']) +
            random.pick(['1', '', '"x"', '"', 'x y', 'x,y', 'a=b', '"a b"', '""', '%41', '\\', 'x"y']),
        ).join(random.pick(['; ', ';', ' ; ', ', '])),
        [';', '=', ' ', '"', '\t', ',', '$', '\\', ...LATIN],
      ),
    ),
  }),
  own({ lines, name }) {
    const value = readCookie(new Fields(lines.flatMap((line) => ['Cookie', line])), name)
    return value === null ? { error: 'none' } : { value }
  },
}

const base64 = (text) => Buffer.from(text, 'latin1').toString('base64')

export const basic = {
  inputOf: (random) =>
    sometimesMutated(
      random,
      0.3,
      random.pick(['Basic ', 'basic ', 'BASIC ', 'Basic', 'Basic  ', 'Bearer ', '', 'Basic\t']) +
        random.pick([
          base64('u:p'),
          base64('u'),
          base64(''),
          base64(':'),
          base64('u:p:q'),
          base64('user:pass word'),
          base64('u:p').replace(/=+$/, ''),
          'dTpw!',
          'dTp=',
          base64('a:\u00e9'),
          base64('ab:cd'),
        ]),
      ['=', ' ', '-', '_', 'A', '==', ...LATIN],
    ),
  own: (text) => {
    const found = parseBasicCredentials(text)
    // What comes as JSON is no byte string any more.
    const visible = (part) => Buffer.from(part, 'latin1').toString()
    return { value: found === null ? null : { user: visible(found.user), password: visible(found.password) } }
  },
}

const HASHES = [
  '$apr1$d9hr9HBB$4HxwgUir3HP4EsggP/QNo0', '$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/', '$1$abc$BXBqpb9BZcZhXLgbee.0s/', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', '{SHA}', 'plain', '', '$2y$04$zQXJ4GqMR2zK7zX0hXJ5Ku5Hq2pVXHt3m9xQy0cWmV6l0l6k0m5a2',
  '$2a$04$kZ9k7pqfZ5YbE0iLqkHbzuP0m1sQ3V9v0Q8aXhT2Wb6kY1yX5n2yC', '$2b$04$', '$2y$99$abc', '$apr1$$', '$apr1$abc', '$$$', '$a$b$c', '$5$salt$hash',
] // biome-ignore format: a table

const passwords = { bcrypt: (password, hash) => compareSync(password, hash) }

/** Without costs of bcrypt that take longer than a blink: threads compute those. */
const cheap = (hash) => hash.replace(/^(\$2.\$)(?!04)\d\d/, '$104')

export const password = {
  inputOf: (random) => ({
    password: random.pick(['test', 'password', 'mypassword', '', 'é', 'test2', 'x'.repeat(80)]),
    hash: cheap(
      sometimesMutated(random, 0.3, random.pick(HASHES), ['$', '1', 'a', '/', '.', '{', '}', '=', '$2y$', '$apr1$']),
    ),
  }),
  own({ password, hash }) {
    const kind = passwordHashOf(hash, passwords)
    const text = Buffer.from(password).toString('latin1')
    return { value: kind !== null && kind.compare(text, Buffer.from(hash).toString('latin1'), null) === true }
  },
}

export const name = {
  inputOf: (random) =>
    sometimesMutated(
      random,
      0.2,
      several(random, 1, 4, () =>
        random.pick(['x', 'content', 'TYPE', 'eTag', 'a1', '1a', '', 'X', 'foo.bar', "it's", 'a_b']),
      ).join('-'),
      ['-', '!', '~', '^', '|', '9', 'A'],
    ),
  own: (text) => ({ value: canonicalName(text) }),
}

/** Hosts that are valid: others are refused before. */
export const host = {
  inputOf: (random) =>
    random.pick([
      'a.test',
      'A.TEST',
      'a.test.',
      'a',
      '10.0.0.1',
      '[::1]',
      '[FD00::a]',
      '',
      'a_b',
      'é'.replace('é', 'xn--e1a'),
      'a..',
      "a!$&'()*+,;=%41~b",
      '[fe80::1%25eth0]',
      '.',
    ]) + random.pick(['', '', ':80', ':', ':00080', ':99999']),
  own: (text) => ({ value: canonicalHost(text) }),
}

const STARTS = [
  '<html>',
  '<!DOCTYPE HTML>',
  ' \n<body ',
  '<!--',
  '<?xml',
  '%PDF-',
  '\x00\x00\x01\x00',
  'GIF87a',
  '\x89PNG\r\n\x1a\n',
  '\xff\xd8\xff',
  'RIFF1234WEBPVP',
  'RIFF1234WAVE',
  'PK\x03\x04',
  '\x1f\x8b\x08',
  'plain text',
  '',
  '\x00',
  '\xef\xbb\xbftext',
  '\xff\xfeab',
  '\xfe\xff',
  '\x00\x00\x00\x18ftypmp42',
  '\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp41',
  '\x1aE\xdf\xa3',
  'wOFF',
  'OggS\x00',
  'ID3',
  'Rar!\x1a\x07\x00',
  '\x00asm',
  '<script>',
  '<a>',
  '<b',
  '<P>',
  '{"a":1}',
  'BM',
  'MThd\x00\x00\x00\x06',
  '.snd',
  'FORM1234AIFF',
  '\x00\x01\x00\x00',
  'OTTO',
  'true',
  'ttcf',
  '%!PS-Adobe-',
  'RIFF1234AVI ',
  '<iframe src',
  '<svg>',
  '7z\xbc\xaf\x27\x1c',
  '<style\t',
  '<h1>',
  '<div ',
  '<font>',
  '<table>',
  '<title>',
  '<br>',
  '<html\n',
]

export const sniffed = {
  inputOf: (random) =>
    sometimesMutated(
      random,
      0.3,
      random.pick(['', '', ' ', '\n\t', '\x0b', '\x00']) +
        random.pick(STARTS) +
        random.pick(['', '>', ' x', '\x01', 'a'.repeat(600), '\x00\x00\x00\x00mp4 ']),
      ['<', '>', ' ', '\x00', '\x1b', '\xff', 'P', 'mp4'],
    ),
  own: (text) => ({ value: sniffContentType(bytesOf(text)) }),
}

import { describe, expect, test } from 'vitest'
import { type Received, requestHeaders, setAnswerHeaders } from '../../adapters/cloudflare/bridge/native-headers.ts'
import { Fields } from '../../src/http/fields.ts'

/** Field lines as they are read from native headers. */
function received(init: Record<string, string>): Received {
  const headers = new Headers(init)
  const lines: string[] = []
  headers.forEach((value, name) => {
    lines.push(name, value)
  })
  return { headers, lines }
}

const fields = { accept: '*/*', 'content-length': '3', cookie: 'a=1', 'x-a': '1', 'x-b': '2', 'x-c': '3' }

const edits: readonly [string, (lines: Fields) => void][] = [
  ['nothing', () => {}],
  ['a value', (lines) => lines.set('x-b', 'two')],
  ['a value under another case', (lines) => lines.set('X-B', 'two')],
  ['a field less', (lines) => lines.delete('x-a')],
  [
    'the first and the last less',
    (lines) => {
      lines.delete('accept')
      lines.delete('x-c')
    },
  ],
  ['a field more', (lines) => lines.append('X-New', 'n')],
  ['a line more of a name', (lines) => lines.append('x-b', 'again')],
  ['a line in front', (lines) => lines.lines.unshift('X-Front', 'f')],
  [
    'a field moved to the end',
    (lines) => {
      lines.delete('x-a')
      lines.append('X-A', 'moved')
    },
  ],
  [
    'everything else',
    (lines) => {
      lines.lines = ['Only', 'this']
    },
  ],
]

const entries = (headers: Headers): [string, string][] => [...headers]

describe('headers of a request are what its fields say, without framing', () => {
  test.each(edits)('changed: %s', (_name, edit) => {
    const from = received(fields)
    const lines = new Fields(from.lines.slice())
    edit(lines)
    const plain = requestHeaders(lines, null)
    expect(entries(requestHeaders(lines, from))).toEqual(entries(plain))
    expect(plain.has('content-length')).toBe(false)
  })

  test('an upgrade and credentials for a proxy go out, fields of the connection do not', () => {
    const lines = new Fields(['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Te', 'trailers', 'Trailer', 'X'])
    lines.append('Proxy-Authorization', 'Basic x')
    expect(entries(requestHeaders(lines, null))).toEqual([
      ['proxy-authorization', 'Basic x'],
      ['upgrade', 'websocket'],
    ])
  })

  test('byte strings become text', () => {
    expect(requestHeaders(new Fields(['X-Name', 'caf\u00c3\u00a9']), null).get('x-name')).toBe('caf\u00e9')
  })
})

describe('headers of an answer are what its fields say', () => {
  test.each(edits)('changed: %s', (_name, edit) => {
    const from = received(fields)
    const lines = new Fields(from.lines.slice())
    edit(lines)
    const plain = new Headers()
    setAnswerHeaders(plain, lines, null)
    const copied = new Headers(from.headers)
    setAnswerHeaders(copied, lines, from)
    expect(entries(copied)).toEqual(entries(plain))
  })
})

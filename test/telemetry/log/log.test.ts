import { describe, expect, test } from 'vitest'
import type { LogLevel } from '../../../src/contracts/ports.ts'
import { createLog, type LogOptions, parseLevel } from '../../../src/telemetry/log/log.ts'
import { localTime } from '../../../src/telemetry/timestamp.ts'

const at = new Date('2026-11-25T13:00:00.123Z')

function lineOf(
  options: Partial<LogOptions>,
  level: LogLevel,
  message: string,
  fields?: Record<string, unknown>,
): string | undefined {
  const lines: string[] = []
  const log = createLog({ level: 'trace', format: 'common', color: false, ...options }, (line) => lines.push(line), {
    date: () => at,
  })
  log.log(level, message, fields)
  return lines[0]?.replace(localTime(at), 'TIME')
}

describe('common', () => {
  test.each<[LogLevel, string, Record<string, unknown>, string]>([
    ['info', 'Starting', {}, 'TIME INF Starting\n'],
    ['warn', 'Odd', { b: 2, a: 'plain' }, 'TIME WRN Odd a=plain b=2\n'],
    [
      'error',
      '',
      { routerName: 'r@file', error: 'the service "x" does not exist' },
      'TIME ERR error="the service \\"x\\" does not exist" routerName=r@file\n',
    ],
    [
      'debug',
      'Configuration received',
      { config: { http: { a: [1, true] } } },
      'TIME DBG Configuration received config={"http":{"a":[1,true]}}\n',
    ],
    [
      'error',
      'two\nlines "quoted" \x1b[31m',
      { stack: 'Error\n    at x' },
      'TIME ERR two\\nlines "quoted" \\x1b[31m stack="Error\\n    at x"\n',
    ],
    [
      'error',
      'failed',
      { cause: new Error('no way'), size: 5n, gone: undefined, empty: '' },
      'TIME ERR failed cause="no way" empty= size=5\n',
    ],
    [
      'trace',
      'x',
      { password: 'p', headers: { Authorization: 'Basic x' }, url: 'http://u:p@h/' },
      'TIME TRC x headers={"Authorization":"REDACTED"} password=REDACTED url=http://REDACTED@h/\n',
    ],
  ])('%s %s', (level, message, fields, line) => {
    expect(lineOf({}, level, message, fields)).toBe(line)
  })

  test('a value that refers to itself', () => {
    const self: Record<string, unknown> = {}
    self.self = self
    expect(lineOf({}, 'info', 'm', { self })).toBe('TIME INF m self="[object Object]"\n')
  })

  test('colours', () => {
    expect(lineOf({ color: true }, 'error', 'm', { error: 'e' })).toBe(
      '\x1b[90mTIME\x1b[0m \x1b[31mERR\x1b[0m \x1b[1mm\x1b[0m \x1b[36merror=\x1b[0m\x1b[31me\x1b[0m\n',
    )
  })
})

test('json', () => {
  expect(lineOf({ format: 'json' }, 'warn', 'a <b>\n', { n: 1, level: 'x', token: 't' })).toBe(
    '{"level":"warn","n":1,"token":"REDACTED","time":"TIME","message":"a \\u003cb\\u003e\\n"}\n',
  )
})

test('levels', () => {
  expect(lineOf({ level: 'error' }, 'warn', 'm')).toBeUndefined()
  expect(lineOf({ level: 'error' }, 'error', 'm')).toBe('TIME ERR m\n')
  expect(['WARN', 'Debug', 'nosuch', 'constructor', ''].map(parseLevel)).toEqual(['warn', 'debug', null, null, null])
})

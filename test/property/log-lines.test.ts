import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLog } from '../../src/telemetry/log/log.ts'
import { accessLines } from '../support/access-log.ts'

/** Bytes as field lines and targets hold them. */
const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
const anything = fc.oneof(bytes, fc.string({ unit: 'binary' }))

const exchange = fc.record({
  request: fc.record({
    method: anything,
    host: bytes,
    target: bytes,
    headers: fc
      .tuple(bytes, bytes, bytes, bytes)
      .map(([agent, referer, name, value]) => [
        'User-Agent',
        agent,
        'Referer',
        referer,
        'X-Forwarded-For',
        value,
        name,
        value,
        `x-${name}`,
        agent,
      ]),
  }),
  response: fc.record({ headers: fc.tuple(bytes, bytes) }),
  record: fc.record({ router: anything, username: anything, serverUrl: anything, loadBalancer: anything }),
})

const oneLine = /^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\n$/

test('whatever a peer sends, an exchange leaves one JSON object on one line', () => {
  fc.assert(
    fc.property(exchange, (sketch) => {
      const lines = accessLines({ format: 'json', fields: { headers: { defaultMode: 'keep' } } }, sketch)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(oneLine)
      expect(JSON.parse(lines[0]!)).toMatchObject({ DownstreamStatus: 200, level: 'info' })
    }),
  )
})

test('whatever a peer sends, the columns of the common format stay where they are', () => {
  const quoted = '"(?:[^"\\\\]|\\\\.)*"'
  const columns = new RegExp(
    `^(?:[^" \\\\]|\\\\.|, )+ - (?:[^" \\\\]|\\\\.|, )+ \\[01/Jan/2026:00:00:01 \\+0000\\] ${quoted} 200 5 ${quoted} ${quoted} 1 ${quoted} ${quoted} 7ms\\n$`,
    'u',
  )
  fc.assert(
    fc.property(exchange, (sketch) => {
      const lines = accessLines({ fields: { headers: { defaultMode: 'keep' } } }, sketch)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(oneLine)
      expect(lines[0]).toMatch(columns)
    }),
  )
})

test('whatever is logged, the application log writes one line', () => {
  fc.assert(
    fc.property(
      anything,
      fc.dictionary(anything, fc.anything()),
      fc.constantFrom('common', 'json'),
      (message, fields, format) => {
        const lines: string[] = []
        createLog({ level: 'info', format, color: false }, (line) => lines.push(line), { date: () => new Date(0) }).log(
          'info',
          message,
          fields,
        )
        expect(lines).toHaveLength(1)
        expect(lines[0]).toMatch(oneLine)
        if (format === 'json') expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info' })
      },
    ),
  )
})

import { expect, test } from 'vitest'
import { formatProblem } from '../../adapters/cli/diagnostics.ts'
import { withoutSecrets } from '../../src/compiler/decode/source-line.ts'

test.each([
  ['      password: hunter2', '      password: *******'],
  ['redis: {password: "hunter2", db: 1, clientToken: x}', 'redis: {password: "*******", db: 1, clientToken: *}'],
  ['  Authorization = "Basic aHVudGVyMg=="', '  Authorization = "***** ************"'],
  ["  users: ['joe:$2y$05$abc', 'ann:{SHA}x=']", "  users: ['joe:**********', 'ann:*******']"],
  ['  - joe:realm:0123456789abcdef0123456789abcdef', `  - joe:${'*'.repeat(38)}`],
  ['  url: http://joe:hunter2@a.test/?token=hunter2', '  url: http://***********@a.test/?token=*******'],
  ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7', '*'.repeat(52)],
  ['  keyFile: /etc/certs/a.key', '  keyFile: /etc/certs/a.key'],
  ['  cookie: {name: session}', '  cookie: {name: session}'],
  ['  rule: Host(`a.test`)', '  rule: Host(`a.test`)'],
])('%s', (line, wanted) => {
  expect(withoutSecrets(line)).toBe(wanted)
})

test('a problem shows its place and no secret', () => {
  const text = 'redis:\n  password: hunter2\n  passwrd: hunter2\n'
  const shown = formatProblem(
    {
      severity: 'error',
      message: 'error parsing server URL http://u:hunter2@a.test?token=hunter2',
      hint: null,
      provider: null,
      path: [],
      position: { file: 'f.yml', line: 3, column: 3 },
    },
    () => text,
  )
  expect(shown).not.toContain('hunter2@')
  expect(shown).not.toContain('=hunter2')
  expect(shown).toContain('      2 |   password: *******'.slice(2))
})

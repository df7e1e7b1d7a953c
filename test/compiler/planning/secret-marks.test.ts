import { describe, expect, test } from 'vitest'
import { readDynamicFile } from '../../../src/compiler/dynamic/read.ts'
import { lostSecrets, markSecrets, unmarked } from '../../../src/compiler/planning/secret-marks.ts'
import { templatePorts } from '../../support/templates.ts'

describe('markSecrets', () => {
  test('puts a mark of letters and digits in the place of each reference, the same for the same', () => {
    const { options, secrets } = markSecrets({
      users: [`a:\${secret:A}`, `b:\${secret:A}`],
      more: { address: `http://x:\${env:B_1}@host/\${file:/run/c}`, number: 7, nothing: null },
    })
    expect(secrets.map(({ source, name }) => [source, name])).toEqual([
      ['secret', 'A'],
      ['env', 'B_1'],
      ['file', '/run/c'],
    ])
    const [a, b, c] = secrets.map(({ mark }) => mark)
    for (const mark of [a, b, c]) expect(mark).toMatch(/^[a-z0-9]+$/)
    expect(options).toEqual({
      users: [`a:${a}`, `b:${a}`],
      more: { address: `http://x:${b}@host/${c}`, number: 7, nothing: null },
    })
    expect(unmarked(`bad ${a} and ${c}`, secrets)).toBe(`bad \${secret:A} and \${file:/run/c}`)
  })

  test('leaves everything else as it is', () => {
    const options = { a: '$1', b: `\${1}`, c: `\${other:A}`, d: `$\${secret:A}`, e: `\${secret` }
    expect(markSecrets(options)).toEqual({ options: { ...options, d: `\${secret:A}` }, secrets: [] })
  })

  test.each([`\${secret:}`, `\${secret:a-b}`, `\${env:1a}`, `\${file:}`])('%s names nothing', (text) => {
    expect(() => markSecrets([text])).toThrow(`${text} names nothing`)
  })
})

test('lostSecrets: those whose marks are in no text of what was prepared', () => {
  const { secrets } = markSecrets([`\${secret:A}`, `\${secret:B}`])
  expect(lostSecrets({ text: `x${secrets[0]!.mark}y` }, secrets)).toEqual([secrets[1]])
})

test('where secrets are not put in, a reference is told', () => {
  const text = JSON.stringify({
    http: {
      routers: { r: { rule: `Host(\`\${env:DOMAIN}\`)`, service: 's' } },
      services: { s: { loadBalancer: { servers: [{ url: `http://\${secret:USER}@app` }] } } },
    },
  })
  const { problems } = readDynamicFile(text, 'json', 'dynamic.json', templatePorts())
  expect(problems.map(({ path, severity, position }) => [path.join('.'), severity, position?.line])).toEqual([
    ['http.routers.r.rule', 'warning', 1],
  ])
})

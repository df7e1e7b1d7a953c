import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { rendered, templatePorts } from '../../support/templates.ts'
import { CASES, VARIABLES } from './cases.ts'

interface Fact {
  readonly template: string
  readonly text?: string
  readonly error?: string
}

const file = new URL('../../facts/templates.json', import.meta.url)
const facts = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, readonly Fact[]>>
const ports = templatePorts(VARIABLES)

test('what Traefik does is recorded for every case', () => {
  const recorded = Object.values(facts).map((group) => group.map(({ template }) => template))
  expect(recorded).toEqual(Object.values(CASES))
  expect(recorded.flat().length).toBeGreaterThan(400)
})

describe.each(Object.entries(facts))('as Traefik does: %s', (_group, entries) => {
  test.each(entries.map((fact) => [fact.template, fact] as const))('%s', (template, { text, error }) => {
    expect(rendered(template, ports)).toBe(error ?? text)
  })
})

import { describe, expect, it } from 'vitest'
import { labelConstraint, tagConstraint } from '../../../src/compiler/discovery/constraints.ts'
import { facts } from './facts.ts'

interface Fact {
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly tags?: readonly string[]
  readonly expect: boolean | { readonly error: string }
}

describe('constraints', () => {
  it.each(facts<Fact>('constraints').map((fact) => [fact.expr, fact.labels ? 'labels' : 'tags', fact] as const))(
    '%s over %s',
    (expr, _, fact) => {
      const parsed = fact.labels ? labelConstraint(expr) : tagConstraint(expr)
      if (typeof fact.expect === 'object') {
        expect(parsed.error).toMatch(new RegExp(fact.expect.error, 'i'))
        return
      }
      expect(parsed.error).toBeNull()
      const accepts = parsed.accepts as (subject: unknown) => boolean
      expect(accepts(fact.labels ?? fact.tags)).toBe(fact.expect)
    },
  )

  it('a broken expression in it matches nothing', () => {
    expect(labelConstraint('LabelRegex(`a`, `(`)').accepts?.({ a: '(' })).toBe(false)
  })

  it('names of labels may be those of objects', () => {
    expect(labelConstraint('Label(`constructor`, ``)').accepts?.({})).toBe(true)
  })
})

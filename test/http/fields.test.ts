import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalName, Fields, fromFieldText, toFieldText } from '../../src/http/fields.ts'

const sample = () =>
  new Fields(['Host', 'a', 'X-One', '1', 'x-one', '2', 'Cookie', 'a=1', 'cookie', 'b=2', 'Set-Cookie', 'c'])

describe('Fields', () => {
  test('joins lines of one name, cookies by semicolon', () => {
    const fields = sample()
    expect(fields.get('X-ONE')).toBe('1, 2')
    expect(fields.get('cookie')).toBe('a=1; b=2')
    expect(fields.first('x-one')).toBe('1')
    expect(fields.getAll('x-one')).toEqual(['1', '2'])
    expect(fields.get('absent')).toBeNull()
  })

  test('set keeps the place of the first line and takes the given case', () => {
    const fields = sample()
    fields.set('X-ONE', '3')
    expect(fields.lines.slice(0, 6)).toEqual(['Host', 'a', 'X-ONE', '3', 'Cookie', 'a=1'])
    fields.set('X-New', 'n')
    expect(fields.lines.slice(-2)).toEqual(['X-New', 'n'])
  })

  test('iterates as Headers does: sorted, lower case, Set-Cookie apart', () => {
    const fields = new Fields(['B', '2', 'A', '1', 'b', '3', 'Set-Cookie', 'x', 'set-cookie', 'y'])
    expect([...fields]).toEqual([
      ['a', '1'],
      ['b', '2, 3'],
      ['set-cookie', 'x'],
      ['set-cookie', 'y'],
    ])
  })

  const name = fc.constantFrom('A', 'a', 'B', 'b', 'C', 'X-Y', 'x-y')
  const value = fc.stringMatching(/^[a-z0-9]{0,5}$/)

  test('agrees with a plain model', () => {
    type Op = { op: 'set' | 'append' | 'delete'; name: string; value: string }
    const ops = fc.array(fc.record<Op>({ op: fc.constantFrom('set', 'append', 'delete'), name, value }), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(ops, (steps) => {
        const fields = new Fields()
        let model: [string, string][] = []
        for (const step of steps) {
          const lower = step.name.toLowerCase()
          if (step.op === 'append') {
            fields.append(step.name, step.value)
            model.push([step.name, step.value])
          } else if (step.op === 'delete') {
            fields.delete(step.name)
            model = model.filter(([known]) => known.toLowerCase() !== lower)
          } else {
            fields.set(step.name, step.value)
            const at = model.findIndex(([known]) => known.toLowerCase() === lower)
            const line: [string, string] = [step.name, step.value]
            if (at === -1) model.push(line)
            else
              model = model.flatMap((entry, i) => (i === at ? [line] : entry[0].toLowerCase() === lower ? [] : [entry]))
          }
        }
        expect(fields.lines).toEqual(model.flat())
      }),
    )
  })
})

test('canonicalName writes names as Go does', () => {
  expect(canonicalName('x-fORWARDED-for')).toBe('X-Forwarded-For')
})

test('field texts are UTF-8 bytes as latin1 characters', () => {
  expect(toFieldText('é')).toBe('\u00c3\u00a9')
  expect(fromFieldText('\u00c3\u00a9')).toBe('é')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(fromFieldText(toFieldText(text))).toBe(text)
    }),
  )
})

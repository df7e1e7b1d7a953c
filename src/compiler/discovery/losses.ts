import type { DynamicConfig } from '../dynamic/dynamic.ts'

/** So few may all go at once. */
const FEW = 20

type Sections = Readonly<Record<string, Readonly<Record<string, object>> | undefined>>

/**
 * Whether a read takes away so much that it is to be repeated before it is believed: more than half of more than 20
 * elements.
 */
export const losesMost = (before: DynamicConfig, after: DynamicConfig): boolean => {
  let had = 0
  let lost = 0
  for (const [section, kinds] of Object.entries(before as Sections)) {
    for (const [kind, elements] of Object.entries(kinds ?? {})) {
      const left = (after as Sections)[section]?.[kind]
      // Certificates have no names: their places count.
      for (const name in elements) {
        had++
        if (left === undefined || !Object.hasOwn(left, name)) lost++
      }
    }
  }
  return had > FEW && lost > had / 2
}

import type { DynamicConfig } from '../dynamic/dynamic.ts'

/** So few may all go at once. */
const FEW = 20

/**
 * Whether a read takes away so much that it is to be repeated before it is believed: more than half of more than 20
 * elements.
 */
export const losesMost = (before: DynamicConfig, after: DynamicConfig): boolean => {
  const had = elementsOf(before)
  if (had.size <= FEW) return false
  const has = elementsOf(after)
  let lost = 0
  for (const element of had) if (!has.has(element)) lost++
  return lost > had.size / 2
}

/** Places of all named elements: `http/routers/web`. */
const elementsOf = (config: DynamicConfig): ReadonlySet<string> => {
  const elements = new Set<string>()
  for (const [section, kinds] of Object.entries(config)) {
    for (const [kind, named] of Object.entries(kinds ?? {})) {
      for (const name of Object.keys(named ?? {})) elements.add(`${section}/${kind}/${name}`)
    }
  }
  return elements
}

import { dottedTree } from '../decode/dotted.ts'
import type { Shape } from '../decode/shape.ts'

const PREFIX = 'TRAEFIK_'

/**
 * Reads `TRAEFIK_…` variables into a tree; null when there is none whose name begins like a first-level option. Names
 * are lower-cased and `_` separates levels, so keys of maps are always lower case.
 *
 * Source: paerser `env/env.go`, `env/filter.go`.
 */
export const parseEnvironment = (
  environment: Readonly<Record<string, string | undefined>>,
  shape: Shape,
): Record<string, unknown> | null => {
  if (shape.kind !== 'block') return null
  const prefixes = [...shape.fields.keys(), 'configFile'].map((name) => PREFIX + name.toUpperCase())
  const texts = environmentTexts(environment, (name) => prefixes.some((prefix) => name.startsWith(prefix)))
  return texts.size === 0 ? null : dottedTree(texts)
}

/** Dotted names of the variables that a test picks. */
export const environmentTexts = (
  environment: Readonly<Record<string, string | undefined>>,
  isWanted: (name: string) => boolean = () => true,
): ReadonlyMap<string, string> => {
  const texts = new Map<string, string>()
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !name.startsWith(PREFIX) || !isWanted(name)) continue
    texts.set(name.slice(PREFIX.length).toLowerCase().replaceAll('_', '.'), text)
  }
  return texts
}

import type { Shape } from '../decode/shape.ts'
import type { Source } from './sources.ts'

const PREFIX = 'TRAEFIK_'

/**
 * `TRAEFIK_…` variables whose names begin like a first-level option. Names are lower-cased and `_` separates levels, so
 * keys of maps are always lower case.
 *
 * Source: paerser `env/env.go`, `env/filter.go`.
 */
export const environmentOptions = (
  environment: Readonly<Record<string, string | undefined>>,
  shape: Shape,
): readonly Source[] => {
  if (shape.kind !== 'block') return []
  const prefixes = [...shape.fields.keys(), 'configFile'].map((name) => PREFIX + name.toUpperCase())
  return environmentSources(environment).filter(({ written }) => prefixes.some((prefix) => written.startsWith(prefix)))
}

/** Every `TRAEFIK_…` variable. */
export const environmentSources = (environment: Readonly<Record<string, string | undefined>>): readonly Source[] =>
  Object.entries(environment).flatMap(([written, text]) =>
    text === undefined || !written.startsWith(PREFIX)
      ? []
      : [{ written, option: written.slice(PREFIX.length).toLowerCase().replaceAll('_', '.'), text }],
  )

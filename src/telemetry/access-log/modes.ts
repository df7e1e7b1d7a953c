import type { FieldMode } from '../../plan/telemetry.ts'

/** How names are treated, compiled: by lower-case name, else by default. */
export function modes(defaultMode: FieldMode, names: Readonly<Record<string, FieldMode>>): (name: string) => FieldMode {
  const known = new Map(Object.entries(names).map(([name, mode]) => [name.toLowerCase(), mode]))
  return (name) => known.get(name.toLowerCase()) ?? defaultMode
}

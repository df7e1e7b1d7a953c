import type { ConfigProblem } from '../../plan/problem.ts'
import type { DynamicConfig } from '../dynamic/dynamic.ts'
import { elementKinds } from '../dynamic/element-kinds.ts'
import { nameMap } from '../dynamic/names.ts'

/** A file of a directory, decoded. */
export interface ConfigFile {
  readonly name: string
  readonly config: DynamicConfig
}

type Section = Record<string, unknown>

/**
 * Joins the files of a directory, in the order given: of two objects of one name the first one counts, the other gives
 * a warning. Certificates are all taken (Traefik v3.7 `pkg/provider/file`).
 */
export const mergeFiles = (
  files: readonly ConfigFile[],
): { readonly config: DynamicConfig; readonly problems: readonly ConfigProblem[] } => {
  const merged: Record<string, Section> = {}
  const problems: ConfigProblem[] = []
  for (const { name: file, config } of files) {
    for (const [section, kinds] of Object.entries(elementKinds)) {
      const source = config[section as keyof typeof elementKinds] as Section | undefined
      if (source === undefined) continue
      merged[section] ??= {}
      const target = merged[section]
      for (const [kind, title] of Object.entries(kinds)) {
        const objects = source[kind] as Section | undefined
        if (objects === undefined) continue
        target[kind] ??= nameMap()
        const all = target[kind] as Section
        for (const [name, object] of Object.entries(objects)) {
          if (Object.hasOwn(all, name)) problems.push(duplicate(file, [section, kind, name], `${title} ${name}`))
          else all[name] = object
        }
      }
      if (section !== 'tls' || source.certificates === undefined) continue
      target.certificates = [
        ...((target.certificates as unknown[] | undefined) ?? []),
        ...(source.certificates as unknown[]),
      ]
    }
  }
  return { config: merged as DynamicConfig, problems }
}

const duplicate = (file: string, path: readonly string[], what: string): ConfigProblem => ({
  severity: 'warning',
  message: `${what} already configured, skipping`,
  hint: 'the first file in name order counts',
  provider: 'file',
  path,
  position: { file, line: 1, column: 1 },
})

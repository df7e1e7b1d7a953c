import type { ConfigProblem } from '../../plan/problem.ts'
import { type SecretOf, shownReference } from '../../plan/secrets.ts'
import { eachReference } from '../secret-references.ts'

/** A tree with the texts that its references stand for. */
export interface Resolved {
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
  /** A message without these texts. */
  readonly masked: (message: string) => string
}

/** Puts in what `${secret:NAME}`, `${env:NAME}` and `${file:PATH}` stand for, in every text of an install file. */
export function resolveReferences(tree: unknown, secretOf: SecretOf): Resolved {
  const problems: ConfigProblem[] = []
  const texts = new Map<string, string>()
  const resolved = (value: unknown, path: ConfigProblem['path']): unknown => {
    if (typeof value === 'string') return resolvedText(value, path)
    if (Array.isArray(value)) return value.map((item, at) => resolved(item, [...path, at]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, [...path, key])]))
  }
  const resolvedText = (written: string, path: ConfigProblem['path']): string =>
    eachReference(written, (source, name) => {
      const shown = shownReference({ source, name })
      const text = secretOf(source, name)
      if (text === null) problems.push(missing(`${shown} is not there`, path))
      else texts.set(text, shown)
      return text ?? shown
    })
  const value = resolved(tree, [])
  const masked = (message: string): string =>
    [...texts].reduce((text, [secret, shown]) => (secret === '' ? text : text.replaceAll(secret, () => shown)), message)
  return { value, problems, masked }
}

const missing = (message: string, path: ConfigProblem['path']): ConfigProblem => ({
  severity: 'error',
  message,
  hint: null,
  provider: null,
  path,
  position: null,
})

import type { ConfigProblem } from '../../plan/problem.ts'
import { type SecretOf, shownReference } from '../../plan/secrets.ts'
import { mapTexts, type TextPath } from '../../plan/texts.ts'
import { eachReference } from '../secret-references.ts'

/** A tree with the texts that its references stand for. */
export interface Resolved {
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
  /** A message without these texts. */
  readonly masked: (message: string) => string
}

/**
 * Puts in what `${secret:NAME}`, `${env:NAME}` and `${file:PATH}` stand for, in every text of an install file.
 * @param isLeft whether the text at this place is left as it is
 */
export function resolveReferences(
  tree: unknown,
  secretOf: SecretOf,
  isLeft: (path: TextPath) => boolean = () => false,
): Resolved {
  const problems: ConfigProblem[] = []
  const texts = new Map<string, string>()
  const value = mapTexts(tree, (written, path) => {
    if (isLeft(path)) return written
    return eachReference(written, (source, name) => {
      const shown = shownReference({ source, name })
      const text = secretOf(source, name)
      if (text === null) problems.push(missing(`${shown} is not there`, path))
      else texts.set(text, shown)
      return text ?? shown
    })
  })
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

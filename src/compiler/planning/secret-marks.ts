import { type SecretPlan, type SecretSource, shownReference } from '../../plan/secrets.ts'
import { mapTexts } from '../../plan/texts.ts'
import { PrepareError } from '../../schema/element.ts'
import { eachReference } from '../secret-references.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** Options in which marks stand for references. */
export interface Marked {
  readonly options: unknown
  /** Each once. */
  readonly secrets: readonly SecretPlan[]
}

/** Puts marks in the place of references, in every text. Throws `PrepareError` for a reference that can't be one. */
export function markSecrets(options: unknown): Marked {
  const secrets = new Map<string, SecretPlan>()
  const marked = mapTexts(options, (text) => markText(text, secrets))
  return { options: marked, secrets: [...secrets.values()] }
}

const markText = (text: string, secrets: Map<string, SecretPlan>): string =>
  eachReference(text, (source, name, written) => {
    if (source === 'file' ? name === '' : !NAME.test(name)) {
      throw new PrepareError(`${written} names nothing`, [], HINTS[source])
    }
    const known = secrets.get(written) ?? { source, name, mark: markOf(source, name) }
    secrets.set(written, known)
    return known.mark
  })

const HINTS: Readonly<Record<SecretSource, string>> = {
  secret: `write \${secret:NAME} with letters, digits and _`,
  env: `write \${env:NAME} with letters, digits and _`,
  file: `write \${file:/path/to/it}`,
}

/** Letters and digits alone, in lower case: every option that takes a text takes them, and none changes them. */
const markOf = (source: SecretSource, name: string): string =>
  `signalboxsecret${[...new TextEncoder().encode(`${source}:${name}`)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}x`

/** References that are in no text any more: whoever prepared the options needed to know what they stand for. */
export function lostSecrets(config: unknown, secrets: readonly SecretPlan[]): readonly SecretPlan[] {
  if (secrets.length === 0) return secrets
  const text = JSON.stringify(config) ?? ''
  return secrets.filter(({ mark }) => !text.includes(mark))
}

/** A message with references as they were written. */
export const unmarked = (message: string, secrets: readonly SecretPlan[]): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret.mark, () => shownReference(secret)), message)

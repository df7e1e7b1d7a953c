import { ConfigError } from '../../contracts/kinds.ts'
import { type SecretOf, type SecretPlan, shownReference } from '../../plan/secrets.ts'
import { mapTexts } from '../../plan/texts.ts'

/** A `config` with the texts that its references stand for. Throws `ConfigError` where one is missing. */
export function withSecrets(config: unknown, secrets: readonly SecretPlan[], secretOf: SecretOf | undefined): unknown {
  const texts = secrets.map((secret) => {
    const text = secretOf?.(secret.source, secret.name) ?? null
    if (text === null) throw new ConfigError(`${shownReference(secret)} is not there`)
    // It may become a field, and a line break in one would be another field.
    if (!PRINTABLE.test(text))
      throw new ConfigError(`${shownReference(secret)} is more than printable ASCII on one line`)
    return text
  })
  return mapTexts(config, (written) =>
    secrets.reduce((text, { mark }, at) => text.replaceAll(mark, () => texts[at]!), written),
  )
}

const PRINTABLE = /^[\x20-\x7e]*$/

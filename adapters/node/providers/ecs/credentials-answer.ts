import type { Credentials } from './credentials.ts'

/** Credentials as containers and machines are told them. @throws Error that shows nothing of the content */
export function readCredentials(answer: unknown): Credentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = (answer ?? {}) as Readonly<Record<string, unknown>>
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || AccessKeyId === '') {
    throw new Error('the answer holds no credentials')
  }
  const end = typeof Expiration === 'string' ? Date.parse(Expiration) : Number.NaN
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof Token === 'string' ? Token : '',
    expiresAt: Number.isFinite(end) ? end : null,
  }
}

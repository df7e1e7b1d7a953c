import { readFileSync } from 'node:fs'

/** Proves to an API server who asks. */
export interface Credentials {
  /** Value of `Authorization`; null: there is none to send. Rejects with an Error that shows no secret. */
  authorization(signal: AbortSignal): Promise<string | null>
  /** The server did not take what was sent: it is made anew when it is asked for next. */
  renew(): void
}

export const NO_CREDENTIALS: Credentials = { authorization: async () => null, renew: () => undefined }

export const tokenCredentials = (token: string): Credentials => ({
  authorization: async () => `Bearer ${token}`,
  renew: () => undefined,
})

export const passwordCredentials = (username: string, password: string): Credentials => ({
  authorization: async () => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
  renew: () => undefined,
})

/** A token that was read is used for so long: Kubernetes puts a new one there long before the old one ends. */
const FRESH_MS = 10_000

/** A token in a file, which is replaced from time to time. */
export function tokenFileCredentials(file: string): Credentials {
  let token = ''
  let readAt = Number.NEGATIVE_INFINITY
  return {
    async authorization() {
      const now = performance.now()
      if (now - readAt > FRESH_MS) {
        token = readToken(file)
        readAt = now
      }
      return `Bearer ${token}`
    },
    renew() {
      readAt = Number.NEGATIVE_INFINITY
    },
  }
}

function readToken(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Error(`the token file ${file} can't be read: ${(error as NodeJS.ErrnoException).code}`)
  }
  if (text === '') throw new Error(`the token file ${file} is empty`)
  // Anything else is no value of a field, and would be shown by whoever refuses it.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Error(`the token file ${file} holds no token`)
  return text
}

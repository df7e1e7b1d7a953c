import { fromBase64Url, toBase64Url } from '../../../src/plan/signed-line.ts'

/**
 * Reports on health are written into KV by one run of the worker and read by others. What nobody else may write is one
 * line, sealed with a key that only the worker can derive:
 *
 *     signalbox-health/1 MAC {"checkedAt":…}
 *
 * The code (HMAC-SHA-256, base64url) covers everything else in the line; the key comes from a secret of the worker and
 * the audience (HKDF), so that what was sealed for another environment does not fit.
 */

const FORMAT = 'signalbox-health/1'

const LINE = /^signalbox-health\/1 ([A-Za-z0-9_-]{43}) (\{.*\})$/s

/** Characters of a line. */
const LIMIT = 1024 * 1024

/** Seals reports with the worker's own secret; without one reports are as anybody writes them. */
export class HealthSeal {
  readonly #secret: string
  readonly #audience: string
  #key: Promise<CryptoKey> | null = null

  /** @param secret empty: there is none */
  constructor(secret: string, audience: string) {
    this.#secret = secret
    this.#audience = audience
  }

  /** What is written into KV. */
  async seal(report: object): Promise<string> {
    const json = JSON.stringify(report)
    if (this.#secret === '') return json
    const code = await crypto.subtle.sign('HMAC', await this.#derived(), covered(json))
    return `${FORMAT} ${toBase64Url(new Uint8Array(code))} ${json}`
  }

  /** What a report in KV says, unchecked; null: it is none, or not sealed by this worker. */
  async open(text: string): Promise<unknown> {
    if (text.length > LIMIT) return null
    if (this.#secret === '') return parsed(text)
    const [, code, json] = LINE.exec(text) ?? []
    if (code === undefined || json === undefined) return null
    const isOurs = await crypto.subtle.verify('HMAC', await this.#derived(), fromBase64Url(code), covered(json))
    return isOurs ? parsed(json) : null
  }

  #derived(): Promise<CryptoKey> {
    this.#key ??= derive(this.#secret, this.#audience)
    return this.#key
  }
}

async function derive(secret: string, audience: string): Promise<CryptoKey> {
  const encoder = new TextEncoder()
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey'])
  const info = encoder.encode(`${FORMAT} ${audience}`)
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  )
}

const covered = (json: string) => new TextEncoder().encode(`${FORMAT} ${json}`)

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // Whoever wrote this was no scheduled run: what is known stays.
    return null
  }
}

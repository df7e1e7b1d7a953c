import type { DashboardEncoding, DashboardFiles } from './dashboard.ts'

/** A file of the dashboard as it is sent. */
export interface Copy {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly encoding: DashboardEncoding | null
  /** Its strong entity tag, the same on every runtime. */
  readonly tag: string
}

/** Files that have been asked for; what was not there is asked for again. */
export class DashboardStore {
  readonly #files: DashboardFiles
  readonly #copies = new Map<string, Copy>()

  constructor(files: DashboardFiles) {
    this.#files = files
  }

  /** The smallest copy that the client takes. @param accepted its `Accept-Encoding` */
  async find(name: string, accepted: string | null): Promise<Copy | null> {
    for (const encoding of this.#files.encodings) {
      const copy = accepts(accepted ?? '', encoding) ? await this.#copy(name, encoding) : null
      if (copy !== null) return copy
    }
    return this.#copy(name, null)
  }

  async #copy(name: string, encoding: DashboardEncoding | null): Promise<Copy | null> {
    const key = `${name} ${encoding}`
    const known = this.#copies.get(key)
    if (known !== undefined) return known
    const bytes = await this.#files.read(name, encoding)
    if (bytes === null) return null
    const copy = { bytes, encoding, tag: await tagOf(bytes) }
    this.#copies.set(key, copy)
    return copy
  }
}

/** Whether a client takes a coding (RFC 9110 §12.5.3); those that take anything get the file as it is. */
function accepts(field: string, encoding: DashboardEncoding): boolean {
  return field.split(',').some((one) => {
    const [coding = '', ...parameters] = one.toLowerCase().split(';')
    return coding.trim() === encoding && !parameters.some((parameter) => /^\s*q=0(?:\.0*)?\s*$/.test(parameter))
  })
}

async function tagOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return `"${[...digest.subarray(0, 12)].map((octet) => octet.toString(16).padStart(2, '0')).join('')}"`
}

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Logger } from '../../../src/contracts/ports.ts'
import { certificateFacts, serverNamesOf } from '../../../src/engine/tls/certificate-facts.ts'
import { CertificateIndex } from '../../../src/engine/tls/certificate-index.ts'
import { certificateParts } from '../../../src/engine/tls/certificate-parts.ts'
import type { CertificatePlan } from '../../../src/plan/tls.ts'
import { type CertificatePair, generateDefaultCertificate } from './default-certificate.ts'
import { asksForStaple } from './ocsp/responders.ts'

/** A certificate of a server that was read and fits its key. */
export interface LoadedCertificate extends CertificatePair {
  /** Lower case. */
  readonly names: readonly string[]
  readonly notAfter: Date
  /** Its clients expect the status of the certificate in the handshake. */
  readonly mustStaple: boolean
}

const isText = (item: string): boolean => item.includes('-----BEGIN')

/** Files that stand for certificates and keys. */
export const readFileOrContent = (item: string): string =>
  isText(item) && !existsSync(item) ? item : readFileSync(item, 'utf8')

/** Reads a certificate with its key; throws the reason why it can't be used. */
export const loadCertificate = (plan: CertificatePlan): LoadedCertificate => loadPair(readPair(plan))

const readPair = ({ certFile, keyFile }: CertificatePlan): CertificatePair => ({
  cert: readFileOrContent(certFile),
  key: readFileOrContent(keyFile),
})

/** The same of texts. */
export function loadPair({ cert, key }: CertificatePair): LoadedCertificate {
  const parsed = new X509Certificate(cert)
  if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error('private key does not match public key')
  const facts = certificateFacts(parsed.raw)
  const mustStaple = asksForStaple(certificateParts(parsed.raw))
  return { cert, key, names: serverNamesOf(facts), notAfter: facts.notAfter, mustStaple }
}

/** Null: there is none that has all of them yet. */
const withNames = (
  named: readonly { readonly names: readonly string[]; readonly certificate: LoadedCertificate }[],
  wanted: readonly string[],
): LoadedCertificate | null =>
  named.find(({ names }) => wanted.every((name) => names.includes(name)))?.certificate ?? null

/** One for the process: making it takes a while, and nobody trusts it anyway. */
let generated: Promise<LoadedCertificate> | null = null

const generatedCertificate = (): Promise<LoadedCertificate> =>
  (generated ??= generateDefaultCertificate(new Date()).then((pair) => ({ ...loadPair(pair), names: [] })))

/**
 * The certificates in force. Those that can't be read are left out, with an error in the log;
 * equal ones are kept over a reload, and what hangs on them with them.
 */
export class CertificateStore {
  readonly #log: Logger
  #known = new Map<string, LoadedCertificate>()
  /** Those that came as texts, by the text of the certificate. */
  readonly #inline = new Map<
    string,
    { readonly keyFile: string; readonly key: string; readonly certificate: LoadedCertificate }
  >()
  #index = new CertificateIndex<LoadedCertificate>([])
  #default: LoadedCertificate | 'broken' | null = null
  #self: LoadedCertificate | null = null

  constructor(log: Logger) {
    this.#log = log
  }

  /**
   * Certificates of a configuration take the place of those before.
   * @param defaultNames names of the default one among them, where none is given
   */
  replace(
    certificates: readonly CertificatePlan[],
    defaultCertificate: CertificatePlan | null,
    defaultNames: readonly string[] | null = null,
  ): void {
    const next = new Map<string, LoadedCertificate>()
    const named = certificates.flatMap((plan) => {
      const certificate = this.#load(plan, next)
      return certificate === null ? [] : [{ names: certificate.names, certificate }]
    })
    if (defaultCertificate !== null) this.#default = this.#load(defaultCertificate, next) ?? 'broken'
    else this.#default = defaultNames === null ? null : withNames(named, defaultNames)
    this.#known = next
    for (const [text, { key }] of this.#inline) if (!next.has(key)) this.#inline.delete(text)
    this.#index = new CertificateIndex(named)
  }

  #load(plan: CertificatePlan, next: Map<string, LoadedCertificate>): LoadedCertificate | null {
    // A thousand certificates of a resolver are the same texts in every configuration.
    const inline = this.#inline.get(plan.certFile)
    if (inline !== undefined && inline.keyFile === plan.keyFile && this.#known.has(inline.key)) {
      next.set(inline.key, inline.certificate)
      return inline.certificate
    }
    try {
      const pair = readPair(plan)
      const key = `${pair.cert}\n${pair.key}`
      // Parsing is what takes time, and most certificates are those of the configuration before.
      const certificate = this.#known.get(key) ?? next.get(key) ?? loadPair(pair)
      next.set(key, certificate)
      if (isText(plan.certFile) && isText(plan.keyFile)) {
        this.#inline.set(plan.certFile, { keyFile: plan.keyFile, key, certificate })
      }
      return certificate
    } catch (cause) {
      // The message of the system names the path; PEM texts stay out of the log.
      const certFile = plan.certFile.includes('-----BEGIN') ? '(inline)' : plan.certFile
      const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
      this.#log.log('error', 'Unable to append certificate to store', { certFile, reason })
      return null
    }
  }

  /** Those that are found by their names, and the default one if it was given. */
  get certificates(): readonly LoadedCertificate[] {
    const given = this.#default
    const found = this.#index.certificates
    return given === null || given === 'broken' || found.includes(given) ? found : [...found, given]
  }

  /** @param name SNI, or the address that the client came to; null when no certificate is for it */
  find(name: string): LoadedCertificate | null {
    return this.#index.find(name)
  }

  /** The one for names without a certificate; it may have to be made first. Null: it was given and can't be used. */
  fallback(): LoadedCertificate | Promise<LoadedCertificate> | null {
    if (this.#default === 'broken') return null
    if (this.#default !== null) return this.#default
    if (this.#self !== null) return this.#self
    return generatedCertificate().then((certificate) => {
      this.#self = certificate
      return certificate
    })
  }
}

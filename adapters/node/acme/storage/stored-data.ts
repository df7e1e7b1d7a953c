import { createHash } from 'node:crypto'
import type { Domain } from '../../../../src/compiler/acme/domains.ts'
import type { Registration } from '../authority.ts'
import { childOf, listOf, textOf, textsOf } from '../fields.ts'

/** A certificate as it is kept. */
export interface StoredCertificate {
  /** What it was asked for; more names may be in it. */
  readonly domain: Domain
  /** The chain, as PEM; empty in what others have written by hand. */
  readonly certificate: string
  /** As PEM. */
  readonly key: string
  /** Of TLS. */
  readonly store: string
}

export interface StoredAccount {
  readonly email: string
  readonly registration: Registration | null
  /** PKCS #1 DER; null: it has none yet. */
  readonly privateKey: Buffer | null
}

/** What is kept for one resolver. */
export interface ResolverData {
  readonly account: StoredAccount | null
  readonly certificates: readonly StoredCertificate[]
}

export const NO_DATA: ResolverData = { account: null, certificates: [] }

/**
 * Reads what Traefik keeps (v3.7 `pkg/provider/acme`): resolvers by name. Certificates without a chain or a key are left
 * out. @throws Error where it is no JSON object; the message repeats none of it
 */
export function parseStored(text: string): Map<string, ResolverData> {
  const all = new Map<string, ResolverData>()
  if (text.trim() === '') return all
  const document = parseJson(text)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Error('it holds no resolvers')
  }
  for (const [name, resolver] of Object.entries(document)) {
    all.set(name, {
      account: accountOf(childOf(resolver, 'Account')),
      certificates: listOf(resolver, 'Certificates')
        .map(certificateOf)
        .filter(({ certificate, key }) => certificate !== '' && key !== ''),
    })
  }
  return all
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's words repeat a piece of the text, which holds keys.
    throw new Error('it is no JSON')
  }
}

export function accountOf(account: unknown): StoredAccount | null {
  if (typeof account !== 'object' || account === null) return null
  const registration = childOf(account, 'Registration')
  const body = childOf(registration, 'body')
  const uri = textOf(registration, 'uri')
  const key = textOf(account, 'PrivateKey')
  return {
    email: textOf(account, 'Email'),
    registration: uri === '' ? null : { body: typeof body === 'object' && body !== null ? { ...body } : {}, uri },
    privateKey: key === '' ? null : Buffer.from(key, 'base64'),
  }
}

export function certificateOf(stored: unknown): StoredCertificate {
  const domain = childOf(stored, 'domain')
  return {
    domain: { main: textOf(domain, 'main'), sans: textsOf(domain, 'sans') },
    certificate: decoded(textOf(stored, 'certificate')),
    key: decoded(textOf(stored, 'key')),
    store: textOf(stored, 'Store') || 'default',
  }
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')
const encoded = (text: string): string => Buffer.from(text).toString('base64')

export const accountJson = ({ email, registration, privateKey }: StoredAccount): object => ({
  Email: email,
  Registration: registration,
  PrivateKey: privateKey === null ? null : privateKey.toString('base64'),
})

export const certificateJson = ({ domain: { main, sans }, certificate, key, store }: StoredCertificate): object => ({
  domain: { main, ...(sans.length === 0 ? {} : { sans }) },
  certificate: encoded(certificate),
  key: encoded(key),
  Store: store,
})

/** The same with PEM as it is, for storages that pack what they keep. */
export const certificateText = ({ domain, certificate, key, store }: StoredCertificate): object => ({
  domain,
  certificate,
  key,
  store,
})

export function plainCertificateOf(stored: unknown): StoredCertificate {
  const domain = childOf(stored, 'domain')
  return {
    domain: { main: textOf(domain, 'main'), sans: textsOf(domain, 'sans') },
    certificate: textOf(stored, 'certificate'),
    key: textOf(stored, 'key'),
    store: textOf(stored, 'store') || 'default',
  }
}

/** What something is called where few characters are allowed. */
export const entryName = (kind: string, of: string): string =>
  `${kind}.${createHash('sha256').update(of).digest('hex').slice(0, 40)}`

const written = new WeakMap<StoredCertificate, Buffer>()

/** One that did not change is not written anew: a file of a thousand certificates has megabytes. */
function pieceOf(certificate: StoredCertificate): Buffer {
  let piece = written.get(certificate)
  if (piece === undefined) {
    piece = Buffer.from(`      ${indented(certificateJson(certificate), 6)}`)
    written.set(certificate, piece)
  }
  return piece
}

const indented = (value: unknown, by: number): string =>
  JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(by)}`)

/** The text of the file, in pieces. */
export function storedPieces(all: ReadonlyMap<string, ResolverData>): readonly Buffer[] {
  const pieces: Buffer[] = [Buffer.from('{')]
  const add = (text: string): void => void pieces.push(Buffer.from(text))
  for (const [index, name] of [...all.keys()].sort().entries()) {
    const { account, certificates } = all.get(name)!
    add(`${index === 0 ? '' : ','}\n  ${JSON.stringify(name)}: {\n    "Account": `)
    add(account === null ? 'null' : indented(accountJson(account), 4))
    add(',\n    "Certificates": ')
    if (certificates.length === 0) add('null')
    else {
      certificates.forEach((certificate, i) => {
        add(i === 0 ? '[\n' : ',\n')
        pieces.push(pieceOf(certificate))
      })
      add('\n    ]')
    }
    add('\n  }')
  }
  add('\n}')
  return pieces
}

import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls'
import type { Logger } from '../../../src/contracts/ports.ts'
import { certificateFacts } from '../../../src/engine/tls/certificate-facts.ts'
import type { SpiffePlan } from '../../../src/plan/spiffe.ts'
import type { ServerTlsPlan } from '../../../src/plan/tls.ts'
import { type LoadedCertificate, loadCertificate, readFileOrContent } from './certificate-store.ts'
import { alternativeNameFault, checksNames } from './peer-names.ts'
import type { IdentitySource } from './spiffe/identity-source.ts'

/** How a server is spoken to over TLS, with everything read that the plan names. */
export interface ServerTls {
  /** Equal for equal options and files. */
  readonly key: string
  /** Made on first use. Throws where there is no identity to show. */
  readonly context: () => SecureContext
  /** Empty: the server's host. */
  readonly serverName: string
  /** The chain has to lead to an authority. */
  readonly verifyChain: boolean
  /** What is wrong with a certificate of a good chain; undefined: nothing. */
  readonly checkIdentity: (host: string, certificate: PeerCertificate) => Error | undefined
}

/**
 * Reads authorities and client certificates. Those that can't be read are skipped, as Traefik does, with an error in
 * the log; with no authority left the system's count.
 * @param identity who we are, and whom to trust, where the plan wants identities
 */
export function readServerTls(plan: ServerTlsPlan, log: Logger, identity: IdentitySource | null = null): ServerTls {
  if (plan.spiffe !== undefined) return identityTls(plan.spiffe, plan, identity)
  const ca = plan.rootCAs.flatMap((item) => attempt(() => [readFileOrContent(item)], 'Unable to read RootCA', log))
  const own = plan.certificates.flatMap((pair) =>
    attempt(() => [loadCertificate(pair)], 'Unable to read a client certificate', log),
  )
  let context: SecureContext | null = null
  return {
    key: JSON.stringify([plan, ca, own]),
    context() {
      context ??= contextOf(plan, ca, own, log)
      return context
    },
    serverName: plan.serverName,
    verifyChain: !plan.insecureSkipVerify || checksNames(plan),
    checkIdentity: (host, certificate) =>
      (plan.insecureSkipVerify ? undefined : checkServerIdentity(host, certificate)) ??
      (plan.peerCertURI === '' ? undefined : checkUri(certificate, plan.peerCertURI)) ??
      alternativeNameFault(plan, certificate),
  }
}

/** Both ends show identities, and no names are asked for. */
function identityTls(spiffe: SpiffePlan, plan: ServerTlsPlan, identity: IdentitySource | null): ServerTls {
  const source = (): IdentitySource => {
    if (identity === null) throw new Error('there is no source of identities')
    return identity
  }
  return {
    key: JSON.stringify([plan]),
    context: () => source().context(spiffe),
    serverName: '',
    verifyChain: true,
    checkIdentity: (_host, certificate) => source().fault(spiffe, certificate),
  }
}

function attempt<T>(read: () => T[], message: string, log: Logger): T[] {
  try {
    return read()
  } catch (cause) {
    log.log('error', message, { reason: cause instanceof Error ? cause.message.split('\n')[0] : String(cause) })
    return []
  }
}

function contextOf(
  plan: ServerTlsPlan,
  ca: readonly string[],
  own: readonly LoadedCertificate[],
  log: Logger,
): SecureContext {
  const { cipherSuites, minVersion, maxVersion } = plan
  const onlyNewest = cipherSuites !== null && cipherSuites.length === 0
  // Signatures of old versions are below what OpenSSL takes by default.
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1'
  const ciphers = [...(onlyNewest ? UNUSED : (cipherSuites ?? (isOld ? ['DEFAULT'] : []))), TLS13_SUITES]
  const options = {
    ...(own.length === 0 ? {} : { cert: own.map(({ cert }) => cert), key: own.map(({ key }) => key) }),
    minVersion: onlyNewest ? 'TLSv1.3' : (minVersion ?? 'TLSv1.2'),
    maxVersion: maxVersion ?? 'TLSv1.3',
    ...(cipherSuites === null && !isOld ? {} : { ciphers: [...ciphers, ...(isOld ? ['@SECLEVEL=0'] : [])].join(':') }),
  } as const
  try {
    return createSecureContext(ca.length > 0 ? { ...options, ca: [...ca] } : options)
  } catch (cause) {
    log.log('error', 'Unable to use RootCAs', { cause })
    return createSecureContext(options)
  }
}

/** OpenSSL wants a suite of old versions even where those are off. */
const UNUSED = ['ECDHE-RSA-AES128-GCM-SHA256']

const TLS13_SUITES = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

function checkUri(certificate: PeerCertificate, wanted: string): Error | undefined {
  const { alternativeNames } = certificateFacts(new X509Certificate(certificate.raw).raw)
  const lower = wanted.toLowerCase()
  if (alternativeNames.some((name) => name.toLowerCase() === lower)) return undefined
  return new Error('the certificate of the server does not have the URI that is wanted')
}

import type { ClientAuthMode, TlsOptionsPlan } from '../../plan/tls.ts'
import { PrepareError } from '../../schema/element.ts'
import { DEFAULT_ALPN_PROTOCOLS, DEFAULT_CIPHER_SUITES, type TlsOptions } from '../dynamic/tls.ts'
import { cipherSuitesOf, groupsOf, versionOf } from './tls-names.ts'

const MODES: readonly string[] = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] satisfies readonly ClientAuthMode[]

const isMode = (text: string): text is ClientAuthMode => MODES.includes(text)

/**
 * A set of TLS options as connections take it; throws `PrepareError` for what makes it unusable (Traefik v3.7
 * `pkg/tls/tlsmanager.go`).
 * @param readFile throws when there is no such file
 */
export function planTlsOptions(options: TlsOptions, readFile: (path: string) => string): TlsOptionsPlan {
  const clientCAs = (options.clientAuth?.caFiles ?? []).map((item) => readAuthority(item, readFile))
  const clientAuth = clientAuthOf(options.clientAuth?.clientAuthType ?? '', clientCAs.length > 0)
  const { suites, unknown } = cipherSuitesOf(nonEmpty(options.cipherSuites, DEFAULT_CIPHER_SUITES))
  if (unknown !== null) throw new PrepareError(`invalid CipherSuite: ${unknown}`)
  const { groups, unknown: noGroup } = groupsOf(options.curvePreferences ?? [])
  if (noGroup !== null) throw new PrepareError(`invalid CurveID in curvePreferences: ${noGroup}`)
  return {
    minVersion: versionOf(options.minVersion) ?? 'TLSv1.2',
    maxVersion: versionOf(options.maxVersion) ?? 'TLSv1.3',
    cipherSuites: suites,
    groups,
    clientAuth,
    clientCAs,
    sniStrict: options.sniStrict ?? false,
    alpnProtocols: nonEmpty(options.alpnProtocols, DEFAULT_ALPN_PROTOCOLS),
    sessionTickets: options.disableSessionTickets !== true,
  }
}

const nonEmpty = (given: readonly string[], otherwise: readonly string[]) => (given.length > 0 ? given : otherwise)

const PEM = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/

function readAuthority(item: string, readFile: (path: string) => string): string {
  const text = PEM.test(item) ? item : attempt(() => readFile(item))
  if (text === null || !PEM.test(text)) throw new PrepareError('invalid certificate(s) content')
  return text
}

function attempt(read: () => string): string | null {
  try {
    return read()
  } catch {
    // Whatever the reason: without the authority the set must not be used.
    return null
  }
}

function clientAuthOf(type: string, hasAuthorities: boolean): ClientAuthMode {
  if (type === '') return hasAuthorities ? 'RequireAndVerifyClientCert' : 'NoClientCert'
  if (!isMode(type)) throw new PrepareError(`unknown client auth type ${JSON.stringify(type)}`)
  if (!hasAuthorities && (type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert')) {
    throw new PrepareError(`invalid clientAuthType: ${type}, CAFiles is required`)
  }
  return type
}

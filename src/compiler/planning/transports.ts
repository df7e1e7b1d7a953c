import type { ServersTransportPlan } from '../../plan/plan.ts'
import { DEFAULT_SERVER_TLS, type ServerTlsPlan } from '../../plan/tls.ts'
import { durationMs } from '../../schema/duration.ts'
import type { HttpServersTransport } from '../dynamic/http.ts'
import { alternativeNamesFault, planAlternativeNames } from './alternative-names.ts'
import type { ElementPlanning } from './elements.ts'
import { planSpiffe, spiffeFault } from './spiffe.ts'
import { cipherSuitesOf, TLS_VERSIONS, versionOf } from './tls-names.ts'

/** Go's `DefaultMaxIdleConnsPerHost`. */
const DEFAULT_MAX_IDLE = 2

/** Options of a servers transport as connections take them (Traefik v3.7 `pkg/server/service/transport.go`). */
export function planServersTransport(
  name: string,
  options: HttpServersTransport,
  { problems, hasIdentity = false }: Pick<ElementPlanning, 'problems' | 'hasIdentity'>,
): ServersTransportPlan {
  const wrongIdentities = spiffeFault(options.spiffe, options, hasIdentity)
  const wrong = wrongIdentities ?? alternativeNamesFault(options.peerCertSANs)
  const error = wrong === null ? null : `servers transport ${name}: ${wrong}`
  if (error !== null) {
    const option = wrongIdentities === null ? 'peerCertSANs' : 'spiffe'
    problems.add('error', 'serversTransports', name, [option], error)
  }
  const reason = voidReason(options)
  if (reason !== null) {
    const hint = 'its TLS options have no effect'
    problems.add('warning', 'serversTransports', name, [reason.option], reason.message, hint)
  }
  const timeouts = options.forwardingTimeouts
  return {
    dialTimeoutMs: durationMs(timeouts?.dialTimeout ?? '30s'),
    responseHeaderTimeoutMs: durationMs(timeouts?.responseHeaderTimeout ?? '0s'),
    idleConnTimeoutMs: durationMs(timeouts?.idleConnTimeout ?? '90s'),
    maxIdleConnsPerHost: options.maxIdleConnsPerHost || DEFAULT_MAX_IDLE,
    http2: options.disableHTTP2 !== true,
    readIdleTimeoutMs: durationMs(timeouts?.readIdleTimeout ?? '0s'),
    pingTimeoutMs: durationMs(timeouts?.pingTimeout ?? '15s'),
    ...silence('readTimeoutMs', timeouts?.readTimeout),
    ...silence('writeTimeoutMs', timeouts?.writeTimeout),
    ...plannedLimits(options),
    tls: reason === null ? planServerTls(options) : DEFAULT_SERVER_TLS,
    error,
  }
}

/** Limits that few set: plans of who sets none stay as they were. */
const silence = <K extends string>(key: K, time = '0s'): { readonly [N in K]?: number } => {
  const ms = durationMs(time)
  return (ms > 0 ? { [key]: ms } : {}) as { readonly [N in K]?: number }
}

type AnswerLimits = Pick<ServersTransportPlan, 'maxResponseHeaderBytes' | 'maxResponseHeaderFields'>

/** The limits that are set: plans of who sets none stay as they were. */
export const plannedLimits = (options: { readonly [K in keyof AnswerLimits]?: number | undefined }): AnswerLimits => ({
  ...(options.maxResponseHeaderBytes ? { maxResponseHeaderBytes: options.maxResponseHeaderBytes } : {}),
  ...(options.maxResponseHeaderFields ? { maxResponseHeaderFields: options.maxResponseHeaderFields } : {}),
})

/** Why the whole TLS part counts for nothing: Traefik then connects with the default settings. Null: it counts. */
function voidReason(options: HttpServersTransport): { readonly option: string; readonly message: string } | null {
  const { unknown } = cipherSuitesOf(options.cipherSuites ?? [])
  if (unknown !== null) return { option: 'cipherSuites', message: `invalid CipherSuite: ${unknown}` }
  const { minVersion = '', maxVersion = '' } = options
  const min = versionOf(minVersion)
  const max = versionOf(maxVersion)
  if (minVersion !== '' && min === null) {
    return { option: 'minVersion', message: `invalid TLS minimum version: ${minVersion}` }
  }
  if (maxVersion !== '' && max === null) {
    return { option: 'maxVersion', message: `invalid TLS maximum version: ${maxVersion}` }
  }
  // As in Traefik a missing maxVersion is the lowest of all.
  if (min !== null && (max === null || TLS_VERSIONS.indexOf(min) > TLS_VERSIONS.indexOf(max))) {
    const message = `TLS minimum version ${minVersion} is above the maximum version ${maxVersion}`
    return { option: 'minVersion', message }
  }
  return null
}

function planServerTls(options: HttpServersTransport): ServerTlsPlan {
  const names = options.cipherSuites ?? []
  return {
    serverName: options.serverName ?? '',
    insecureSkipVerify: options.insecureSkipVerify ?? false,
    rootCAs: options.rootCAs ?? [],
    certificates: (options.certificates ?? []).map(({ certFile = '', keyFile = '' }) => ({ certFile, keyFile })),
    cipherSuites: names.length === 0 ? null : cipherSuitesOf(names).suites,
    minVersion: versionOf(options.minVersion),
    maxVersion: versionOf(options.maxVersion),
    peerCertURI: options.peerCertURI ?? '',
    ...planAlternativeNames(options.peerCertSANs),
    ...planSpiffe(options.spiffe),
  }
}

import { durationMs } from '../../../schema/duration.ts'
import type { HttpServersTransport, HttpService } from '../../dynamic/http.ts'
import type { Finding, Note } from './findings.ts'
import { ipAddressOf, partsOf } from './server-host.ts'

/** Requests that Workers have open to servers at once, before answers begin. */
const PARALLEL = 6
/** The scheduled handler runs once a minute at best; an object's alarm every second. */
const SHORTEST_CHECK_MS = 60_000

/** What of a service can't be on Workers as it is on Node. */
export function serviceFindings(name: string, service: HttpService): Finding[] {
  const findings: Finding[] = []
  const note: Note = (capability, severity, inside, message, remedy) =>
    findings.push({ capability, severity, section: 'http', path: ['services', name, ...inside], message, remedy })
  if (service.loadBalancer !== undefined) loadBalancer(service.loadBalancer, note)
  const mirrors = service.mirroring?.mirrors ?? []
  if (mirrors.length >= PARALLEL) {
    const message = `${mirrors.length} mirrors and the main service are more than ${PARALLEL} connections at once`
    note(
      'otherServices',
      'warning',
      ['mirroring', 'mirrors'],
      message,
      `keep fewer than ${PARALLEL} mirrors; the others wait`,
    )
  }
  return findings
}

function loadBalancer(options: NonNullable<HttpService['loadBalancer']>, note: Note): void {
  const inside = (...keys: (string | number)[]) => ['loadBalancer', ...keys]
  const servers = options.servers ?? []
  for (const [at, { url = '' }] of servers.entries()) serverUrl(url, inside('servers', at, 'url'), note)
  if (options.passHostHeader && servers.length > 0) {
    note(
      'passHostHeader',
      'warning',
      inside(),
      "servers see the host of their URL instead of the client's, which is in X-Forwarded-Host",
      'set passHostHeader to false, and have servers read X-Forwarded-Host',
    )
  }
  const check = options.healthCheck
  if (check === undefined) return
  if (check.mode === 'grpc') {
    note(
      'healthChecks',
      'error',
      inside('healthCheck', 'mode'),
      'there are no gRPC health checks',
      'check an HTTP path',
    )
  }
  if (namesHost(check)) {
    note(
      'healthChecks',
      'warning',
      inside('healthCheck', check.hostname ? 'hostname' : 'headers'),
      "checks can't name another host: servers see that of their URL",
      'give the server that name in its URL',
    )
  }
  if (durationMs(check.interval) < SHORTEST_CHECK_MS) {
    note(
      'healthChecks',
      'warning',
      inside('healthCheck', check.interval === '30s' ? 'path' : 'interval'),
      'without a Durable Object servers are checked by the scheduled handler, once a minute at best',
      'bind the Durable Object SIGNALBOX_STATE, set the interval to 1m or more, or rely on passiveHealthCheck',
    )
  }
}

type HealthCheck = NonNullable<NonNullable<HttpService['loadBalancer']>['healthCheck']>

const namesHost = ({ hostname, headers = {} }: HealthCheck): boolean =>
  Boolean(hostname) || Object.keys(headers).some((name) => name.toLowerCase() === 'host')

function serverUrl(url: string, path: readonly (string | number)[], note: Note): void {
  if (partsOf(url).scheme === 'h2c')
    note('h2Upstream', 'error', path, 'HTTP/2 without TLS to servers (h2c) does not exist', 'use https')
  const host = ipAddressOf(url)
  if (host !== null) {
    note(
      'ipServers',
      'error',
      path,
      `a server given as an IP address (${host}) is refused`,
      'give the server a host name',
    )
  }
}

const TLS_OPTIONS = [
  'serverName',
  'insecureSkipVerify',
  'rootCAs',
  'cipherSuites',
  'minVersion',
  'maxVersion',
  'peerCertURI',
  'peerCertSANs',
  'spiffe',
] as const

/** What of a servers transport is the platform's on Workers. */
export function transportFindings(name: string, transport: HttpServersTransport): Finding[] {
  const findings: Finding[] = []
  const note: Note = (capability, severity, inside, message, remedy) =>
    findings.push({
      capability,
      severity,
      section: 'http',
      path: ['serversTransports', name, ...inside],
      message,
      remedy,
    })
  for (const option of TLS_OPTIONS) {
    if (isUnset(transport[option])) continue
    note(
      'upstreamTls',
      'error',
      [option],
      `${option} can't be set: TLS to servers is the platform's`,
      'give servers a certificate of a public authority',
    )
  }
  if (!isUnset(transport.certificates)) {
    note(
      'clientCertificates',
      'error',
      ['certificates'],
      "client certificates can't be set here",
      'bind an mTLS certificate to the Worker instead',
    )
  }
  const timeouts = transport.forwardingTimeouts
  if (timeouts !== undefined && timeouts.dialTimeout !== '30s') {
    note(
      'upstreamTimeouts',
      'warning',
      ['forwardingTimeouts', 'dialTimeout'],
      'dialTimeout has no effect',
      'use responseHeaderTimeout, which bounds both where a request has no content',
    )
  }
  if (timeouts !== undefined && timeouts.idleConnTimeout !== '1m30s') {
    note(
      'upstreamTimeouts',
      'warning',
      ['forwardingTimeouts', 'idleConnTimeout'],
      'idleConnTimeout has no effect',
      'take it away: the platform keeps the connections',
    )
  }
  if (!isUnset(transport.maxIdleConnsPerHost)) {
    note(
      'upstreamTimeouts',
      'warning',
      ['maxIdleConnsPerHost'],
      'maxIdleConnsPerHost has no effect',
      'take it away: the platform keeps the connections',
    )
  }
  for (const option of ['maxResponseHeaderBytes', 'maxResponseHeaderFields'] as const) {
    if (isUnset(transport[option])) continue
    const hint = 'take it away: the platform has limits of its own'
    note('upstreamTimeouts', 'warning', [option], `${option} has no effect`, hint)
  }
  return findings
}

const isUnset = (value: unknown): boolean =>
  value === undefined || value === false || value === '' || value === 0 || (Array.isArray(value) && value.length === 0)

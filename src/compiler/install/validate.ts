import { createIpMatcher } from '../../http/ip.ts'
import type { ConfigProblem } from '../../plan/problem.ts'
import { durationMs } from '../../schema/duration.ts'
import { nearest } from '../decode/nearest.ts'
import { entryPointProtocol, parseEntryPointAddress } from './address.ts'
import { DEFAULT_PRECEDENCE } from './defaults.ts'
import type { EntryPoint } from './entry-points.ts'
import type { InstallConfig } from './install.ts'
import { redirectionPort } from './redirection-port.ts'
import { parseWorkloadAddress } from './workload-address.ts'

const HEADER_STRATEGIES: readonly string[] = ['keep', 'delete', 'reject']

type Report = (path: readonly string[], message: string, hint?: string | null, severity?: 'error' | 'warning') => void

/**
 * What is wrong with an effective install configuration; an error stops the start (Traefik `ValidateConfiguration`).
 */
export const validateInstall = (install: InstallConfig): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  const report: Report = (path, message, hint = null, severity = 'error') => {
    problems.push({ severity, message, hint, provider: null, path, position: null })
  }
  checkResolvers(install, report)
  checkProviders(install, report)
  checkObservability(install, report)
  checkEntryPoints(install, report)
  checkSchemes(install, report)
  const syntax = install.core?.defaultRuleSyntax ?? 'v3'
  if (syntax !== 'v2' && syntax !== 'v3') {
    report(['core', 'defaultRuleSyntax'], `unsupported default rule syntax configuration: ${JSON.stringify(syntax)}`)
  }
  const stateTimeout = install.edge?.stateTimeout
  if (stateTimeout !== undefined && !(durationMs(stateTimeout) >= 1)) {
    report(['edge', 'stateTimeout'], 'the time for the shared state must be at least 1ms', 'leave it out for 250ms')
  }
  if (install.api !== undefined && !/^\/[a-zA-Z0-9/_.:~-]*$/.test(install.api.basePath)) {
    report(['api', 'basePath'], 'API basePath must be a valid absolute URL path')
  }
  for (const [url, replacement] of Object.entries(install.ocsp?.responderOverrides ?? {})) {
    if (replacement !== '') continue
    report(['ocsp', 'responderOverrides', url], `OCSP responder override value for ${url} cannot be empty`)
  }
  const workloadApi = install.spiffe?.workloadAPIAddr ?? ''
  const address = workloadApi === '' ? null : parseWorkloadAddress(workloadApi)
  if (typeof address === 'string') report(['spiffe', 'workloadAPIAddr'], address)
  for (const name of Object.keys(install.experimental?.plugins ?? {})) {
    if (!Object.hasOwn(install.experimental?.localPlugins ?? {}, name)) continue
    report(['experimental', 'plugins', name], `the plugin's name ${JSON.stringify(name)} must be unique`)
  }
  return problems
}

const checkResolvers = (install: InstallConfig, report: Report) => {
  for (const [name, { acme, tailscale }] of Object.entries(install.certificatesResolvers ?? {})) {
    if (acme === undefined) continue
    const path = ['certificatesResolvers', name]
    const start = `unable to initialize certificates resolver ${JSON.stringify(name)}`
    if (tailscale !== undefined) report(path, `${start}, as ACME and Tailscale providers are mutually exclusive`)
    if (acme.storage === '')
      report([...path, 'acme', 'storage'], `${start} with no storage location for the certificates`)
    checkAcme(acme, [...path, 'acme'], report)
  }
  const onDemand = Object.entries(install.certificatesResolvers ?? {}).filter(([, { acme }]) => acme?.onDemand)
  for (const [name] of onDemand.slice(1)) {
    report(['certificatesResolvers', name, 'acme', 'onDemand'], 'only one resolver can order certificates on demand')
  }
}

type Acme = NonNullable<NonNullable<InstallConfig['certificatesResolvers']>[string]['acme']>

/** A resolver that can't work is left out, as in Traefik; one that anybody could have issue certificates stops the start. */
const checkAcme = (acme: Acme, path: readonly string[], report: Report) => {
  const leftOut = acmeError(acme)
  if (leftOut !== null) report([...path, leftOut.option], leftOut.message, 'the resolver is left out', 'warning')
  const { dnsChallenge, onDemand } = acme
  if (dnsChallenge?.delayBeforeCheck !== undefined) {
    const hint = 'use propagation.delayBeforeChecks'
    report([...path, 'dnsChallenge', 'delayBeforeCheck'], 'delayBeforeCheck is deprecated', hint, 'warning')
  }
  if (dnsChallenge?.disablePropagationCheck === true) {
    const hint = 'use propagation.disableChecks'
    report(
      [...path, 'dnsChallenge', 'disablePropagationCheck'],
      'disablePropagationCheck is deprecated',
      hint,
      'warning',
    )
  }
  if (onDemand === undefined) return
  if (!/^https?:\/\/[^/]/.test(onDemand.ask ?? '')) {
    const hint = 'without it anybody could have certificates issued for any name'
    report([...path, 'onDemand', 'ask'], 'onDemand needs the URL of a service that allows names', hint)
  }
  if (onDemand.rate.average < 1) report([...path, 'onDemand', 'rate', 'average'], 'the rate must be at least 1')
  if (!(durationMs(onDemand.rate.period) >= 1000)) {
    report([...path, 'onDemand', 'rate', 'period'], 'the period must be at least 1s')
  }
}

/** Why a resolver can't work, in Traefik's words (v3.7 `pkg/provider/acme`); null: it can. */
export const acmeError = (acme: Acme): { readonly option: string; readonly message: string } | null => {
  if (acme.certificatesDuration < 1) {
    return {
      option: 'certificatesDuration',
      message: 'cannot manage certificates with duration lower than 1 hour',
    }
  }
  if (durationMs(acme.clientTimeout) < durationMs(acme.clientResponseHeaderTimeout)) {
    return { option: 'clientTimeout', message: 'clientTimeout must be at least clientResponseHeaderTimeout' }
  }
  return null
}

const checkProviders = ({ providers, experimental }: InstallConfig, report: Report) => {
  for (const name of providers.precedence ?? []) {
    if (DEFAULT_PRECEDENCE.includes(name)) continue
    const hint = nearest(name, DEFAULT_PRECEDENCE)
    report(
      ['providers', 'precedence'],
      `provider ${JSON.stringify(name)} is not a valid provider name`,
      hint === null ? null : `did you mean "${hint}"?`,
    )
  }
  const nginx = providers.kubernetesIngressNGINX
  if ((nginx?.watchNamespace ?? '') !== '' && (nginx?.watchNamespaceSelector ?? '') !== '') {
    report(
      ['providers', 'kubernetesIngressNGINX'],
      'watchNamespace and watchNamespaceSelector options are mutually exclusive',
    )
  }
  if (providers.knative !== undefined && experimental?.knative !== true) {
    report(['providers', 'knative'], 'the experimental Knative feature must be enabled to use the Knative provider')
  }
}

const checkObservability = (install: InstallConfig, report: Report) => {
  if ((install.accessLog?.bufferingSize ?? 0) < 0) {
    report(['accessLog', 'bufferingSize'], 'the number of lines that wait must not be negative')
  }
  checkIntervals(install.metrics ?? {}, report)
  const allowed = install.experimental?.otlpLogs === true
  const sinks = [
    { path: ['log', 'otlp'], name: 'logs', gate: 'logging', otlp: install.log?.otlp },
    { path: ['accessLog', 'otlp'], name: 'access logs', gate: 'access logging', otlp: install.accessLog?.otlp },
    { path: ['tracing', 'otlp'], name: 'tracing', gate: null, otlp: install.tracing?.otlp },
    { path: ['metrics', 'otlp'], name: 'metrics', gate: null, otlp: install.metrics?.otlp },
  ]
  for (const { path, name, gate, otlp } of sinks) {
    if (otlp === undefined) continue
    if (gate !== null && !allowed) report(path, `the experimental OTLPLogs feature must be enabled to use OTLP ${gate}`)
    if (otlp.grpc?.insecure === true && otlp.grpc.tls !== undefined) {
      report([...path, 'grpc'], `${name} OTLP GRPC: TLS and Insecure options are mutually exclusive`)
    }
  }
}

/** Traefik does not start with a clock that stands still (Go's `time.NewTicker` panics). */
const checkIntervals = ({ datadog, statsD, influxDB2 }: NonNullable<InstallConfig['metrics']>, report: Report) => {
  const isInfluxUsed = influxDB2?.token && influxDB2.org && influxDB2.bucket
  for (const [name, options] of Object.entries({ datadog, statsD, influxDB2: isInfluxUsed ? influxDB2 : undefined })) {
    if (options === undefined || durationMs(options.pushInterval) > 0) continue
    report(['metrics', name, 'pushInterval'], 'the interval must be greater than 0', 'leave it out for 10s')
  }
}

const checkEntryPoints = (install: InstallConfig, report: Report) => {
  for (const [name, entryPoint] of Object.entries(install.entryPoints ?? {})) {
    const { address, http } = entryPoint
    const path = ['entryPoints', name]
    if (name === '') report(path, 'an entry point needs a name')
    checkTrust(name, entryPoint, report)
    checkNumbers(name, entryPoint, report)
    if (!address) {
      const hint = `name one: entryPoints.${name}.address`
      report(path, `entry point ${name} has no address: it listens on a port that the system chooses`, hint, 'warning')
    }
    try {
      parseEntryPointAddress(address ?? '')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      report([...path, 'address'], `error while building entryPoint ${name}: ${reason}`)
    }
    const to = http.redirections?.entryPoint?.to
    if (http.redirections?.entryPoint !== undefined && redirectionPort(to ?? '', install) === null) {
      const known = nearest(to ?? '', Object.keys(install.entryPoints ?? {}))
      report(
        [...path, 'http', 'redirections', 'entryPoint', 'to'],
        `'to' entry point field references a non-existing entry point: ${to ?? ''}`,
        known === null ? 'requests are not redirected' : `did you mean "${known}"?`,
        'warning',
      )
    }
    const { underscoreHeadersStrategy: underscore, aliasHeadersStrategy: alias } = http
    for (const [option, value] of Object.entries({
      underscoreHeadersStrategy: underscore,
      aliasHeadersStrategy: alias,
    })) {
      if (value === undefined || value === '' || HEADER_STRATEGIES.includes(value)) continue
      const text = `creating HTTP server: invalid ${option} value ${JSON.stringify(value)}`
      report([...path, 'http', option], `error while building entryPoint ${name}: ${text}`)
    }
    const isSet = (value: string | undefined) => value !== undefined && value !== ''
    if (isSet(underscore) && isSet(alias) && underscore !== alias) {
      report(
        [...path, 'http'],
        `entry point ${JSON.stringify(name)} cannot have both underscoreHeadersStrategy and aliasHeadersStrategy options configured with different values`,
      )
    }
  }
}

/** Where none of the names is known planning says so, as that is an error on some runtimes. */
const checkSchemes = ({ edge, entryPoints = {} }: InstallConfig, report: Report) => {
  const { http, https = [] } = edge?.entryPoints ?? {}
  const named = [
    ...(http === undefined ? [] : [['http', http] as const]),
    ...https.map((name) => ['https', name] as const),
  ]
  const isKnown = (name: string) => Object.hasOwn(entryPoints, name)
  if (!named.some(([, name]) => isKnown(name))) return
  for (const [scheme, name] of named) {
    if (isKnown(name)) continue
    const known = nearest(name, Object.keys(entryPoints))
    report(
      ['edge', 'entryPoints', scheme],
      `there is no entry point ${JSON.stringify(name)}`,
      known === null ? null : `did you mean "${known}"?`,
      'warning',
    )
  }
}

/** An address that can't be read would be trusted by nobody or, worse, by mistake. */
const checkTrust = (name: string, { address, forwardedHeaders, proxyProtocol }: EntryPoint, report: Report) => {
  const isAnyoneTrusted = proxyProtocol?.insecure === true || (proxyProtocol?.trustedIPs ?? []).length > 0
  if (proxyProtocol !== undefined && !isAnyoneTrusted && entryPointProtocol(address) === 'tcp') {
    const reason = 'building listener: error creating proxy protocol listener: no trusted IPs provided'
    const hint = 'name in trustedIPs who sends the PROXY protocol'
    report(['entryPoints', name, 'proxyProtocol'], `error while building entryPoint ${name}: ${reason}`, hint)
  }
  const lists = { forwardedHeaders: forwardedHeaders.trustedIPs, proxyProtocol: proxyProtocol?.trustedIPs }
  for (const [block, ranges] of Object.entries(lists)) {
    try {
      createIpMatcher(ranges ?? [])
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      report(['entryPoints', name, block, 'trustedIPs'], `error while building entryPoint ${name}: ${reason}`)
    }
  }
}

const checkNumbers = (name: string, { address, http2, http3, udp, http }: EntryPoint, report: Report) => {
  const notNegative: [path: string[], value: number][] = [
    [['http2', 'maxConcurrentStreams'], http2.maxConcurrentStreams],
    [['http2', 'maxDecoderHeaderTableSize'], http2.maxDecoderHeaderTableSize],
    [['http2', 'maxEncoderHeaderTableSize'], http2.maxEncoderHeaderTableSize],
    [['http3', 'advertisedPort'], http3?.advertisedPort ?? 0],
    [['http', 'maxTargetBytes'], http.maxTargetBytes ?? 0],
    [['http', 'maxHeaderFields'], http.maxHeaderFields ?? 0],
  ]
  const protocol = entryPointProtocol(address)
  for (const [path, value] of notNegative) {
    if (value >= 0 || protocol === 'udp') continue
    const option = path.join('.')
    report(['entryPoints', name, ...path], `error while building entryPoint ${name}: ${option} must not be negative`)
  }
  if (protocol === 'udp' && durationMs(udp.timeout) <= 0) {
    report(
      ['entryPoints', name, 'udp', 'timeout'],
      `error while building entryPoint ${name}: timeout should be greater than 0`,
    )
  }
}

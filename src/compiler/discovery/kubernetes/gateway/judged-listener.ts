import type { Hint } from '../findings.ts'
import type { PartBuilder } from '../parts.ts'
import type { ObjectScope } from '../scope.ts'
import { fails, holds, type Verdict } from './conditions.ts'
import type { Listener } from './listener.ts'
import { certificatesOf } from './listener-certificates.ts'
import type { GatewayOptions, RouteKind } from './options.ts'
import { selectorFault, selects } from './selector.ts'
import { GROUP, type ListenerSpec } from './specs.ts'

/** What the listeners of a Gateway are read with. */
export interface ListenerScope extends ObjectScope {
  readonly options: GatewayOptions
  /** Takes the certificates. */
  readonly builder: PartBuilder
  /** Where protocol, port and host name are spoken for already: field by key. */
  readonly taken: Map<string, string>
}

/** A listener, and what is to be said of it. */
export interface JudgedListener {
  readonly listener: Listener
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[]
  readonly accepted: Verdict
  readonly resolved: Verdict
  readonly conflicted: Verdict
}

/** Something that keeps a listener from being served. */
export interface ListenerFault {
  readonly about: 'accepted' | 'resolved' | 'conflicted'
  readonly reason: string
  readonly message: string
  readonly field: string
  readonly hint?: Hint | null
}

const KINDS: ReadonlyMap<string, readonly RouteKind[]> = new Map([
  ['HTTP', ['HTTPRoute', 'GRPCRoute']],
  ['HTTPS', ['HTTPRoute', 'GRPCRoute']],
  ['TLS', ['TLSRoute']],
  ['TCP', ['TCPRoute']],
])

const NO_ERROR = 'No error found'

/**
 * Finds out whether a listener can be served, and for whom (Traefik `loadGatewayListeners`): the first step at which
 * something is wrong is told.
 */
export function judgeListener(scope: ListenerScope, spec: ListenerSpec, field: string): JudgedListener {
  const { name, port, protocol, hostname = '', tls } = spec
  const entryPoint = entryPointOf(scope, spec)
  const namespaces = entryPoint === null ? [] : namespacesOf(scope, spec, field)
  const { kinds, faults: kindFaults } = kindsOf(scope, spec, field)
  const faults: readonly ListenerFault[] =
    entryPoint === null
      ? [portFault(scope, spec, field)]
      : isFault(namespaces)
        ? [namespaces]
        : kindFaults.length > 0
          ? kindFaults
          : (first(occupiedFault(scope, spec, field)) ??
            first(tlsFault(spec, field)) ??
            certificatesOf(scope, spec, field))
  for (const { field: at, message, hint = null } of faults) scope.findings.error(at, message, hint)
  const hasKinds = entryPoint !== null && !isFault(namespaces)
  return {
    listener: {
      name,
      port,
      protocol,
      hostname: hostname === '' ? null : hostname,
      isPassthrough: tls?.mode === 'Passthrough',
      entryPoint: entryPoint ?? '',
      namespaces: isFault(namespaces) ? [] : namespaces,
      kinds: hasKinds ? kinds : [],
      isServed: faults.length === 0,
      // It hangs on those of other Gateways.
      rank: 0,
    },
    supportedKinds: hasKinds ? kinds.map((kind) => ({ group: GROUP, kind })) : [],
    ...verdictsOf(faults),
  }
}

/** Protocols and host names that are spoken for are no fault of the references, and so on: each has a condition. */
function verdictsOf(faults: readonly ListenerFault[]): Pick<JudgedListener, 'accepted' | 'resolved' | 'conflicted'> {
  const of = (about: ListenerFault['about']) => faults.filter((fault) => fault.about === about)
  const told = ([fault, ...more]: readonly ListenerFault[]): Verdict | null =>
    fault === undefined ? null : fails(fault.reason, [fault, ...more].map(({ message }) => message).join('; '))
  const conflict = told(of('conflicted'))
  return {
    accepted: told(of('accepted')) ?? conflict ?? holds('Accepted', NO_ERROR),
    resolved: told(of('resolved')) ?? holds('ResolvedRefs', NO_ERROR),
    conflicted: conflict === null ? fails('NoConflicts', NO_ERROR) : { ...conflict, isTrue: true },
  }
}

const isFault = (value: readonly string[] | ListenerFault | null): value is ListenerFault =>
  value !== null && !Array.isArray(value)

const first = (fault: ListenerFault | null): readonly ListenerFault[] | null => (fault === null ? null : [fault])

function entryPointOf({ options }: ListenerScope, { port, protocol }: ListenerSpec): string | null {
  for (const [name, { address, hasHttpTls }] of options.entryPoints) {
    if (address.endsWith(`:${port}`) && !(protocol === 'HTTP' && hasHttpTls)) return name
  }
  return null
}

function portFault({ options }: ListenerScope, { port, protocol }: ListenerSpec, field: string): ListenerFault {
  const known = [...options.entryPoints].slice(0, 10).map(([name, { address }]) => `${name} (${address})`)
  return {
    about: 'accepted',
    reason: 'PortUnavailable',
    message: `Cannot find entryPoint for Gateway: no matching entryPoint for port ${port} and protocol "${protocol}"`,
    field: `${field}.port`,
    hint: `the port of a listener is that of an entry point: ${known.join(', ')}`,
  }
}

/** Null: routes of all namespaces. */
function namespacesOf(
  { world, namespace }: ListenerScope,
  { allowedRoutes }: ListenerSpec,
  field: string,
): readonly string[] | ListenerFault | null {
  const { from, selector } = allowedRoutes.namespaces
  const fault = (why: string, at: string): ListenerFault => ({
    about: 'resolved',
    reason: 'InvalidRouteNamespacesSelector',
    message: `Invalid route namespaces selector: ${why}`,
    field: `${field}.allowedRoutes.namespaces.${at}`,
  })
  switch (from) {
    case 'All':
      return null
    case 'Same':
      return [namespace]
    case 'Selector': {
      // As in Kubernetes: none selects nothing, an empty one everything.
      if (selector === undefined) return []
      const why = selectorFault(selector)
      if (why !== null) return fault(`malformed selector: ${why}`, 'selector')
      const chosen = world.list('Namespace').filter(({ metadata }) => selects(selector, metadata.labels ?? {}))
      return chosen.map(({ metadata }) => metadata.name)
    }
    default:
      return fault(`unsupported RouteSelectType: "${from}"`, 'from')
  }
}

function kindsOf(
  { options }: ListenerScope,
  { protocol, allowedRoutes }: ListenerSpec,
  field: string,
): { readonly kinds: readonly RouteKind[]; readonly faults: readonly ListenerFault[] } {
  const supported = KINDS.get(protocol) ?? []
  const unsupported = (message: string, hint: string) => ({
    kinds: [],
    faults: [{ about: 'accepted', reason: 'UnsupportedProtocol', message, field: `${field}.protocol`, hint } as const],
  })
  if (supported.length === 0) {
    return unsupported(`Unsupported listener protocol "${protocol}"`, `one of ${[...KINDS.keys()].join(', ')}`)
  }
  if (protocol === 'TCP' && options.experimentalChannel !== true) {
    const message = 'Protocol "TCP" requires the experimental channel support to be enabled'
    return unsupported(message, 'the provider’s option experimentalChannel enables it')
  }
  if (allowedRoutes.kinds.length === 0) return { kinds: supported, faults: [] }
  const kinds = new Set<RouteKind>()
  const faults: ListenerFault[] = []
  allowedRoutes.kinds.forEach(({ group, kind }, at) => {
    const known = group === GROUP ? supported.find((one) => one === kind) : undefined
    if (known !== undefined) kinds.add(known)
    else {
      faults.push({
        about: 'resolved',
        reason: 'InvalidRouteKinds',
        message: `Listener protocol "${protocol}" does not support RouteGroupKind ${group}/${kind}`,
        field: `${field}.allowedRoutes.kinds[${at}]`,
        hint: `it supports ${supported.join(', ')}`,
      })
    }
  })
  return { kinds: [...kinds], faults }
}

function occupiedFault(
  { taken }: ListenerScope,
  { protocol, hostname = '', port }: ListenerSpec,
  field: string,
): ListenerFault | null {
  const key = `${protocol}|${hostname}|${port}`
  const before = taken.get(key)
  if (before === undefined) {
    taken.set(key, field)
    return null
  }
  const message = 'A listener with same protocol, port and hostname already exists'
  return { about: 'conflicted', reason: 'HostnameConflict', message, field, hint: `it is ${before}` }
}

function tlsFault({ protocol, tls, name, port }: ListenerSpec, field: string): ListenerFault | null {
  const isSecure = protocol === 'HTTPS' || protocol === 'TLS'
  const fault = (reason: string, message: string, at: string, hint: string): ListenerFault => ({
    about: 'accepted',
    reason,
    message,
    field: at,
    hint,
  })
  if (!isSecure) {
    if (tls === undefined) return null
    const message = 'TLS configuration must no be defined when using HTTP or TCP protocol'
    return fault('InvalidTLSConfiguration', message, `${field}.tls`, 'protocol: HTTPS, or TLS, ends it')
  }
  if (tls === undefined) {
    const message = `No TLS configuration for Gateway Listener ${name}:${port} and protocol "${protocol}"`
    return fault('InvalidTLSConfiguration', message, field, 'name a Secret: tls.certificateRefs')
  }
  if (protocol === 'HTTPS' && tls.mode === 'Passthrough') {
    const message = 'HTTPS protocol is not supported with TLS mode Passthrough'
    return fault('UnsupportedProtocol', message, `${field}.tls.mode`, 'protocol: TLS goes with Passthrough')
  }
  return null
}

import * as z from 'zod'
import { flag } from '../../../../schema/scalars.ts'
import { decodeBelow } from '../../labels.ts'
import { isExternalName, portsHint, serviceOf } from '../backends.ts'
import { legacyNames, safeNames } from '../crd/names.ts'
import { CROSS_PROVIDER, mayCrossProviders } from '../cross-provider.ts'
import type { Service, ServicePort } from '../objects.ts'
import { clusterAddress, endpointsOf, hostPort, isReady, Unusable } from '../servers.ts'
import { type BackendTls, backendTlsOf, PolicyFault, policyFor } from './backend-tls.ts'
import { checkGranted } from './grants.ts'
import type { GatewayOptions, RouteKind } from './options.ts'
import { RefFault, type RouteScope } from './route-scope.ts'
import { type Scheme, schemeOf } from './scheme.ts'
import type { BackendRef } from './specs.ts'

/** What a reference of a route stands for: a Service of the cluster, or a service that is there by its own name. */
export type Backend = ServiceBackend | { readonly name: string }

/** A port of a Service. */
export interface ServiceBackend {
  /** `host:port` */
  readonly servers: readonly string[]
  /** Empty for streams. */
  readonly scheme: Scheme | ''
  /** Null: nothing is said of TLS. */
  readonly tls: BackendTls | null
}

type Ref = Omit<BackendRef, 'weight' | 'filters'>

/** How Traefik calls references in messages. */
const WORDS: Readonly<Record<RouteKind, string>> = {
  HTTPRoute: 'HTTPBackendRef',
  GRPCRoute: 'GRPCBackendRef',
  TLSRoute: 'TLSRoute BackendRef',
  TCPRoute: 'TCPRoute BackendRef',
}

const TRAEFIK = 'traefik.io'
const TRAEFIK_SERVICE = 'TraefikService'

/** Whether a reference is about a service of the proxy itself: `api@internal`. */
export const isInternal = ({ group, kind, name }: Ref): boolean =>
  group === TRAEFIK && kind === TRAEFIK_SERVICE && name.endsWith('@internal')

/** Throws `RefFault` where the namespace of a route may not refer to services of the proxy itself. */
export function checkInternal({ kind, namespace, options }: RouteScope, { name }: Ref, field: string): void {
  if (mayCrossProviders(options, namespace)) return
  const message = `Cannot load ${kind} BackendRef ${name}: internal service reference is not allowed: ${kind} namespace "${namespace}" is not in crossProviderNamespaces`
  throw new RefFault('RefNotPermitted', message, `${field}.name`, CROSS_PROVIDER)
}

/**
 * Where a reference leads (Traefik `loadService`). Throws `RefFault`.
 * @param checkFilters throws for those of the reference, if it has any
 */
export function backendOf(
  scope: RouteScope,
  ref: Ref,
  field: string,
  checkFilters: () => void = () => undefined,
): Backend {
  const { kind: of, namespace: own, world } = scope
  const group = ref.group === 'core' ? '' : ref.group
  const { kind, name } = ref
  const namespace = ref.namespace || own
  const title = `${WORDS[of]} ${group === '' ? 'core' : group}/${kind}/${namespace}/${name}`
  const fault = (reason: string, why: string, at: string, hint: Unusable['hint'] = null): RefFault =>
    new RefFault(reason, `Cannot load ${title}: ${why}`, `${field}.${at}`, hint)
  const isService = group === '' && kind === 'Service'
  if (of === 'GRPCRoute' && !isService) throw fault('InvalidKind', 'only Kubernetes services are supported', 'kind')
  if (ref.namespace && name.includes('@')) {
    const why = 'namespace is not allowed with a cross-provider reference'
    throw fault('RefNotPermitted', why, 'namespace', 'leave it out')
  }
  try {
    checkGranted(world, { kind: of, namespace: own }, { group, kind, namespace, name }, `${field}.namespace`)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    throw new RefFault('RefNotPermitted', `Cannot load ${title}: ${error.message}`, error.field, error.hint)
  }
  checkFilters()
  if (!isService) return { name: namedService(scope, { ...ref, group, namespace }, fault) }
  if ((ref.port ?? 0) === 0) {
    const service = world.get('Service', namespace, name)
    const hint = service === null ? null : portsHint(service.spec?.ports ?? [])
    throw fault('UnsupportedProtocol', 'port is required', 'port', hint)
  }
  return serviceBackend(scope, { ...ref, namespace }, field)
}

type Fault = (reason: string, why: string, at: string, hint?: Unusable['hint']) => RefFault

/** A service of another provider, by its name there. */
function namedService(
  { options, kind: of }: RouteScope,
  { group, kind, name, namespace }: Ref & { readonly namespace: string },
  fault: Fault,
): string {
  if (kind === TRAEFIK_SERVICE && name.includes('@')) {
    if (mayCrossProviders(options, namespace)) return name
    const why = `TraefikService "${name}" reference is not allowed: namespace "${namespace}" is not in crossProviderNamespaces`
    throw fault('InvalidKind', why, 'name', CROSS_PROVIDER)
  }
  const why = `unsupported ${of === 'HTTPRoute' ? 'HTTPBackendRef' : 'BackendRef'} ${group}/${kind}/${name}`
  if (of !== 'HTTPRoute' || group !== TRAEFIK || kind !== TRAEFIK_SERVICE) {
    throw fault('InvalidKind', why, 'kind', 'a Service can be referred to')
  }
  return customName(options, namespace, name, (reason, hint) => fault('InvalidKind', reason ?? why, 'kind', hint))
}

/** Name of a custom resource of Traefik. Throws what `refuse` makes where there are none of the namespace. */
export function customName(
  { crd }: GatewayOptions,
  namespace: string,
  name: string,
  refuse: (reason: string | null, hint: string) => Error,
): string {
  if (crd === null) throw refuse(null, 'the provider kubernetesCRD reads custom resources of Traefik')
  const { namespaces = [], safeNaming } = crd
  if (namespaces.length > 0 && !namespaces.includes(namespace)) {
    throw refuse(
      `namespace "${namespace}" is not allowed`,
      'the option namespaces of kubernetesCRD lists those that are',
    )
  }
  const names = safeNaming === true ? safeNames : legacyNames
  return `${names.object({ namespace, name })}@kubernetescrd`
}

function serviceBackend(scope: RouteScope, ref: Ref & { readonly namespace: string }, field: string): ServiceBackend {
  const { world, options, kind: of } = scope
  const { namespace, name } = ref
  const title = `${WORDS[of]} ${namespace}/${name}`
  let port: ServicePort
  let servers: readonly string[]
  try {
    const service = serviceOf(world, namespace, name, `${field}.name`, `getting service: service "${name}" not found`)
    if (isExternalName(service)) {
      throw new Unusable('type ExternalName is not supported for Kubernetes Service reference', `${field}.name`)
    }
    port = portIn(service, ref.port ?? 0, `${field}.port`)
    servers = isNative(service, options, `${field}.name`)
      ? [clusterAddress(service, port, `${field}.name`)]
      : readyServers(world, service, port, `${field}.name`, options)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    throw new RefFault('BackendNotFound', `Cannot load ${title}: ${error.message}`, error.field, error.hint)
  }
  const tls = of === 'TCPRoute' ? null : policyOf(scope, namespace, name, port, field)
  try {
    return { servers, scheme: schemeOf(port, of, tls !== null), tls }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    throw new RefFault('UnsupportedProtocol', `Cannot load ${title}: ${error.message}`, `${field}.port`, error.hint)
  }
}

function policyOf(scope: RouteScope, namespace: string, name: string, { name: port = '' }: ServicePort, field: string) {
  const { world, policies } = scope
  const policy = policyFor(world, namespace, name, port)
  if (policy === null) return null
  policies.add(`${namespace}/${policy.metadata.name}`)
  try {
    return backendTlsOf(world, policy)
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    const message = `Cannot apply BackendTLSPolicy for Service ${namespace}/${name}: ${error.message}`
    const hint = `see BackendTLSPolicy ${namespace}/${policy.metadata.name}`
    throw new RefFault('RefNotPermitted', message, `${field}.name`, hint)
  }
}

function portIn({ spec }: Service, port: number, field: string): ServicePort {
  const found = spec?.ports?.find((own) => own.port === port)
  if (found !== undefined) return found
  throw new Unusable(`service port ${port} not found`, field, portsHint(spec?.ports ?? []))
}

const annotations = z.strictObject({ service: z.strictObject({ nativeLB: flag().optional() }).prefault({}) })
const PREFIX = 'traefik.io/'

/** Whether the address of the cluster is used, and not those of Pods. Throws `Unusable`. */
function isNative({ metadata }: Service, { nativeLBByDefault = false }: GatewayOptions, field: string): boolean {
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(metadata.annotations ?? {})) {
    if (name.startsWith(PREFIX)) labels[`traefik.${name.slice(PREFIX.length)}`] = value
  }
  if (Object.keys(labels).length === 0) return nativeLBByDefault
  const { value, problems } = decodeBelow(annotations, labels, ['traefik.service.'])
  const wrong = problems.find(({ severity }) => severity === 'error')
  if (wrong !== undefined) {
    throw new Unusable(
      `parsing service annotations config: ${wrong.message}`,
      field,
      `see annotations ${PREFIX}service.…`,
    )
  }
  return value?.service.nativeLB ?? nativeLBByDefault
}

const NO_SLICES = 'none of its pods was ever there, or its selector selects none'

function readyServers(
  world: RouteScope['world'],
  { metadata: { namespace = '', name } }: Service,
  { name: port = '' }: ServicePort,
  field: string,
  { isPartial }: GatewayOptions,
): readonly string[] {
  const slices = world.slicesOf(namespace, name)
  if (slices.length === 0 && isPartial !== true) throw new Unusable('endpointslices not found', field, NO_SLICES)
  return [...endpointsOf(slices, port, isReady)].map((server) => hostPort(server.address, server.port))
}

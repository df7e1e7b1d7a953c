import { normalize } from '../../normalize.ts'
import { CROSS_PROVIDER, mayCrossProviders } from '../cross-provider.ts'
import type { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import type { ObjectScope } from '../scope.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { legacyNames, type Names, safeNames } from './names.ts'
import type { CrdOptions } from './options.ts'
import type { ObjectReference } from './service-spec.ts'

/** Name of the provider, as references end. */
const OWN = '@kubernetescrd'

/** What the derivation of one object works with. */
export interface Scope extends ObjectScope {
  readonly options: CrdOptions
  readonly names: Names
}

/** @param world what is read of it is what the result hangs on */
export const scopeOf = (object: KubernetesObject, world: World, options: CrdOptions, findings: Findings): Scope => ({
  world,
  options,
  names: options.safeNaming === true ? safeNames : legacyNames,
  namespace: object.metadata.namespace ?? '',
  findings,
})

/** Whether a name says the provider of what it means. */
export const isQualified = (name: string): boolean => name.includes('@')

/** Whether an object may refer into a namespace. */
export const mayEnter = ({ options, namespace }: Scope, other: string): boolean =>
  options.allowCrossNamespace === true || other === namespace

/** Tells how references into other namespaces are permitted. */
export const CROSS_NAMESPACE = 'the provider’s option allowCrossNamespace permits references into other namespaces'

/** Null: a name with a provider may be used here; else why not, in Traefik's words, and a hint. */
const refusal = ({ options, namespace }: Scope, name: string): 'own' | 'provider' | null => {
  if (options.allowCrossNamespace !== true && name.endsWith(OWN)) return 'own'
  return mayCrossProviders(options, namespace) ? null : 'provider'
}

/**
 * The name that a reference to a middleware or TLS options stands for; one that dangles is told. Throws `Unusable` where
 * it is not allowed.
 */
export function resolve(
  scope: Scope,
  reference: ObjectReference,
  kind: 'Middleware' | 'MiddlewareTCP' | 'TLSOption',
  field: string,
): string {
  const { name } = reference
  if (isQualified(name)) {
    const refused = refusal(scope, name)
    if (refused === 'own') {
      const message = 'when allowCrossNamespace is disabled, @kubernetescrd references are disallowed'
      throw new Unusable(message, `${field}.name`, ownHint(name))
    }
    if (refused === 'provider') {
      const message = `namespace "${scope.namespace}" is not in crossProviderNamespaces`
      throw new Unusable(message, `${field}.name`, CROSS_PROVIDER)
    }
    if (reference.namespace !== '') warnIgnored(scope, reference.namespace, field, 'Namespace')
    return name
  }
  const namespace = reference.namespace || scope.namespace
  if (!mayEnter(scope, namespace)) {
    const message = 'allowCrossNamespace is disabled, cross-namespace are disallowed'
    throw new Unusable(message, `${field}.namespace`, CROSS_NAMESPACE)
  }
  const place = { namespace, name }
  if (kind === 'TLSOption' && name === 'default') {
    const hint = 'they apply to every route that names none: leave the reference out'
    scope.findings.warn(`${field}.name`, 'the default TLS options can’t be referred to', hint)
    return scope.names.object(place)
  }
  warnDangling(scope, kind, place, `${field}.name`)
  // Traefik normalizes the reference and not the name, so that `a.b` is never found there.
  return kind === 'TLSOption' ? scope.names.tlsObject(place) : scope.names.object(place)
}

const ownHint = (name: string): string =>
  `write the name of the object alone, without ${OWN}: ${name.slice(0, -OWN.length)}`

const warnIgnored = ({ findings }: Scope, namespace: string, field: string, word: string): void =>
  findings.warn(`${field}.namespace`, `${word} "${namespace}" is ignored in cross-provider context`, 'leave it out')

/** What is not there yet may come: whoever refers to it is disabled until then. */
export function warnDangling(
  { world, findings }: Scope,
  kind: 'Middleware' | 'MiddlewareTCP' | 'TLSOption' | 'ServersTransport' | 'ServersTransportTCP' | 'TraefikService',
  { namespace, name }: { readonly namespace: string; readonly name: string },
  field: string,
): void {
  if (world.get(kind, namespace, name) !== null) return
  findings.warn(field, `${kind} ${namespace}/${name} does not exist`, { kind, namespace, name })
}

/** The name that a reference to a transport stands for, undefined for none. Throws `Unusable`. */
export function resolveTransport(
  scope: Scope,
  parent: string,
  name: string,
  kind: 'ServersTransport' | 'ServersTransportTCP',
  field: string,
): string | undefined {
  if (name === '') return undefined
  if (!isQualified(name)) {
    const place = { namespace: parent, name }
    warnDangling(scope, kind, place, field)
    return scope.names.object(place)
  }
  checkQualified({ ...scope, namespace: parent }, 'serversTransport', name, field)
  return name
}

/** Refuses a service whose name says a provider, where that is not allowed. Throws `Unusable`. */
export function checkService(scope: Scope, name: string, field: string): void {
  if (isQualified(name)) checkQualified(scope, 'service', name, field)
}

/** @param what it is, in messages */
function checkQualified(scope: Scope, what: string, name: string, field: string): void {
  const refused = refusal(scope, name)
  if (refused === 'own') {
    const message = `invalid reference to ${what} ${name}: namespace-name@kubernetescrd format is not allowed when crossnamespace is disallowed`
    throw new Unusable(message, field, ownHint(name))
  }
  if (refused === 'provider') {
    const message = `${what} "${name}" reference is not allowed: namespace "${scope.namespace}" is not in crossProviderNamespaces`
    throw new Unusable(message, field, CROSS_PROVIDER)
  }
}

/** The name that a reference to a TraefikService stands for. */
export function traefikServiceName(scope: Scope, name: string, namespace: string, field: string): string {
  if (!isQualified(name)) {
    warnDangling(scope, 'TraefikService', { namespace, name }, `${field}.name`)
    return scope.names.object({ namespace, name })
  }
  const at = name.lastIndexOf('@')
  const local = name.slice(0, at)
  const provider = name.slice(at)
  if (provider === OWN) {
    if (namespace !== '') return scope.names.object({ namespace, name: local })
    return scope.options.safeNaming === true ? local : normalize(local)
  }
  if (namespace !== '') warnIgnored(scope, namespace, field, 'namespace')
  return normalize(local) + provider
}

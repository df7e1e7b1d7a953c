import type * as z from 'zod'
import { tcpMiddlewareSchema } from '../../../dynamic/tcp.ts'
import { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import { Unusable } from '../servers.ts'
import { readSpec, type Spec } from '../spec.ts'
import type { World } from '../world.ts'
import { deriveIngressRoute } from './ingress-route.ts'
import { httpMiddleware } from './middleware.ts'
import { middlewareSpec } from './middleware-specs.ts'
import type { CrdOptions } from './options.ts'
import { type Scope, scopeOf } from './references.ts'
import { ingressRouteSpec, ingressRouteTcpSpec, ingressRouteUdpSpec } from './route-specs.ts'
import { traefikServiceSpec } from './service-spec.ts'
import { deriveIngressRouteTcp, deriveIngressRouteUdp } from './stream-routes.ts'
import { tlsOptions, tlsStore } from './tls-elements.ts'
import { serversTransportSpec, serversTransportTcpSpec, tlsOptionSpec, tlsStoreSpec } from './tls-specs.ts'
import { fieldsWithoutEffect, traefikService } from './traefik-service.ts'
import { httpTransport, tcpTransport } from './transports.ts'

/** What to do about several elements of one name. */
export const WAY_OUT = 'the provider’s option safeNaming keeps them apart'

/** What a kind brings. */
interface KindDerivation<S extends z.ZodType> {
  readonly schema: S
  /** Throws `Unusable` for what leaves the object out as a whole. */
  derive(scope: Scope, name: string, spec: Spec<z.output<S>>, builder: PartBuilder): void
  /** Objects that a class picks. */
  readonly hasClass?: true
  /** Of those called `default` there is one in a cluster: what they are called in messages. */
  readonly single?: { readonly title: string; readonly pronoun: string }
}

const kind = <S extends z.ZodType>(derivation: KindDerivation<S>): KindDerivation<z.ZodType> =>
  derivation as unknown as KindDerivation<z.ZodType>

/** The kinds of the group `traefik.io`, in the order in which a later element takes the name of an earlier one. */
export const crdKinds = {
  TLSStore: kind({
    schema: tlsStoreSpec,
    single: { title: 'TLS store', pronoun: 'it' },
    derive(scope, name, spec, builder) {
      if (!spec.isSoundBut()) return
      const store = scope.names.tlsObject({ namespace: scope.namespace, name })
      builder.add('tls.stores', store, tlsStore(scope, store, spec.value, builder))
    },
  }),
  IngressRoute: kind({ schema: ingressRouteSpec, hasClass: true, derive: deriveIngressRoute }),
  IngressRouteTCP: kind({ schema: ingressRouteTcpSpec, hasClass: true, derive: deriveIngressRouteTcp }),
  IngressRouteUDP: kind({ schema: ingressRouteUdpSpec, hasClass: true, derive: deriveIngressRouteUdp }),
  TLSOption: kind({
    schema: tlsOptionSpec,
    single: { title: 'TLS options', pronoun: 'they' },
    derive(scope, name, spec, builder) {
      if (!spec.isSoundBut()) return
      builder.add(
        'tls.options',
        scope.names.tlsObject({ namespace: scope.namespace, name }),
        tlsOptions(scope, spec.value),
      )
    },
  }),
  Middleware: kind({
    schema: middlewareSpec,
    derive(scope, name, spec, builder) {
      if (!spec.isSoundBut()) return
      const middleware = scope.names.object({ namespace: scope.namespace, name })
      // The services of middlewares and TraefikServices know nothing of these options in Traefik.
      builder.add(
        'http.middlewares',
        middleware,
        httpMiddleware(withoutDefaults(scope), middleware, spec.value, builder),
      )
    },
  }),
  MiddlewareTCP: kind({
    schema: tcpMiddlewareSchema,
    derive(scope, name, spec, builder) {
      if (!spec.isSoundBut()) return
      builder.add('tcp.middlewares', scope.names.object({ namespace: scope.namespace, name }), spec.value)
    },
  }),
  TraefikService: kind({
    schema: traefikServiceSpec,
    derive(scope, name, spec, builder) {
      if (!spec.isSoundBut(...fieldsWithoutEffect(spec.value))) return
      const service = scope.names.object({ namespace: scope.namespace, name })
      const group = { scope: withoutDefaults(scope), builder, parent: service }
      builder.add('http.services', service, traefikService(group, spec.value))
    },
  }),
  ServersTransport: kind({
    schema: serversTransportSpec,
    derive(scope, name, spec, builder) {
      // A time that can't be read leaves the default.
      if (!spec.isSoundBut('spec.forwardingTimeouts')) return
      const transport = scope.names.object({ namespace: scope.namespace, name })
      builder.add('http.serversTransports', transport, httpTransport(scope, spec.value))
    },
  }),
  ServersTransportTCP: kind({
    schema: serversTransportTcpSpec,
    derive(scope, name, spec, builder) {
      if (!spec.isSoundBut('spec.dialTimeout', 'spec.dialKeepAlive', 'spec.terminationDelay')) return
      const transport = scope.names.object({ namespace: scope.namespace, name })
      builder.add('tcp.serversTransports', transport, tcpTransport(scope, spec.value))
    },
  }),
}

const withoutDefaults = (scope: Scope): Scope => ({
  ...scope,
  options: { ...scope.options, nativeLBByDefault: false, disableClusterScopeResources: false },
})

export type CrdKind = keyof typeof crdKinds

/** @param before what the object brought as it was */
export function derivePart(object: KubernetesObject, world: World, before: Part | null, options: CrdOptions): Part {
  const { schema, derive, hasClass, single } = crdKinds[object.kind as CrdKind]
  const { name, namespace } = object.metadata
  const findings = new Findings(object)
  const builder = new PartBuilder(findings, WAY_OUT)
  const isDefault = single !== undefined && name === 'default'
  const only = options.defaultTLSResourcesNamespace ?? ''
  if (isDefault && only !== '' && namespace !== only) {
    const message = `Ignoring default ${single.title}: ${single.pronoun} can only be defined in the "${only}" namespace`
    findings.warn('metadata.namespace', message)
    return builder.build(before)
  }
  if (hasClass === true && !isOfClass(object, options)) return builder.build(before)
  if (hasClass === true) warnOfAnnotation(object, findings)
  const spec = readSpec(schema, object, findings)
  try {
    derive(scopeOf(object, world, options, findings), name, spec, builder)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error(error.field, error.message, error.hint)
  }
  return builder.build(before, isDefault)
}

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'

const writtenClass = ({ spec }: KubernetesObject): string | null => {
  const name = (spec as { ingressClassName?: unknown } | undefined)?.ingressClassName
  return typeof name === 'string' ? name : null
}

const annotatedClass = ({ metadata }: KubernetesObject): string => metadata.annotations?.[CLASS_ANNOTATION] ?? ''

/** Whether an object is meant for this proxy. */
function isOfClass(object: KubernetesObject, { ingressClass = '' }: CrdOptions): boolean {
  const name = writtenClass(object) ?? annotatedClass(object)
  return name === ingressClass || (ingressClass === '' && name === 'traefik')
}

function warnOfAnnotation(object: KubernetesObject, findings: Findings): void {
  const name = annotatedClass(object)
  if (name === '' || writtenClass(object) !== null) return
  const field = `metadata.annotations[${CLASS_ANNOTATION}]`
  const message = `'${CLASS_ANNOTATION}' is a deprecated annotation, please use spec.ingressClassName instead.`
  findings.warn(field, message, `write ingressClassName: ${name} in its spec`)
}

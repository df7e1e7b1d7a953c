import type * as z from 'zod'
import {
  type BackendServer,
  checkExternalName,
  endpointServers,
  externalServer,
  isExternalName,
  nativeServer,
  nodeServers,
  portOf,
  serviceOf,
} from '../backends.ts'
import { addCertificate } from '../certificates.ts'
import type { Elements, PartBuilder } from '../parts.ts'
import { isReady, Unusable } from '../servers.ts'
import type { Spec } from '../spec.ts'
import { middlewareNames, portReference, strangePort } from './http-services.ts'
import { routerTls } from './ingress-route.ts'
import { CROSS_NAMESPACE, mayEnter, resolveTransport, type Scope } from './references.ts'
import type { ingressRouteTcpSpec, ingressRouteUdpSpec } from './route-specs.ts'
import type { TcpServiceReference, UdpServiceReference } from './service-spec.ts'

type TcpSpec = z.output<typeof ingressRouteTcpSpec>
type UdpSpec = z.output<typeof ingressRouteUdpSpec>

/**
 * IngressRouteTCP (Traefik v3.7 `pkg/provider/kubernetes/crd/kubernetes_tcp.go`): a bad service is left out, and the
 * router stays; a route whose middlewares or TLS options are not to be had is left out.
 */
export function deriveIngressRouteTcp(scope: Scope, name: string, spec: Spec<TcpSpec>, builder: PartBuilder): void {
  const { entryPoints, routes, tls } = spec.value
  if (tls !== undefined && !tls.passthrough) addCertificate(scope, builder, tls.secretName, 'spec.tls.secretName')
  if (!spec.isSoundBut('spec.routes')) return
  routes.forEach((route, index) => {
    const field = `spec.routes[${index}]`
    if (route === undefined || !spec.isSound(field)) return
    const { match: rule, priority, syntax: ruleSyntax } = route
    try {
      if (rule === '') throw new Unusable('Empty match rule', `${field}.match`, 'write a rule: HostSNI(`*`)')
      const router = scope.names.tcpRouter({ namespace: scope.namespace, name, index, match: rule })
      const middlewares = middlewareNames(scope, route.middlewares, field, 'MiddlewareTCP')
      const service = streamService(scope, 'tcp.services', router, route.services, field, builder, tcpService)
      builder.add(
        'tcp.routers',
        router,
        {
          ...(entryPoints === undefined ? {} : { entryPoints }),
          ...(middlewares.length === 0 ? {} : { middlewares }),
          service,
          rule,
          ...(ruleSyntax === undefined ? {} : { ruleSyntax }),
          ...(priority === undefined ? {} : { priority }),
          ...(tls === undefined ? {} : { tls: { passthrough: tls.passthrough, ...routerTls(scope, tls) } }),
        },
        field,
      )
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      scope.findings.error(error.field, error.message, error.hint)
    }
  })
}

/** IngressRouteUDP (Traefik v3.7 `pkg/provider/kubernetes/crd/kubernetes_udp.go`). */
export function deriveIngressRouteUdp(scope: Scope, name: string, spec: Spec<UdpSpec>, builder: PartBuilder): void {
  const { entryPoints, routes } = spec.value
  if (!spec.isSoundBut('spec.routes')) return
  routes.forEach((route, index) => {
    const field = `spec.routes[${index}]`
    if (route === undefined || !spec.isSound(field)) return
    const router = scope.names.udpRouter({ namespace: scope.namespace, name, index, match: '' })
    const service = streamService(scope, 'udp.services', router, route.services, field, builder, udpService)
    builder.add('udp.routers', router, { ...(entryPoints === undefined ? {} : { entryPoints }), service }, field)
  })
}

type Make<R, S> = (scope: Scope, reference: R, field: string) => S

/** The service of a route: one as it is, several by weight; those that can't be made are told and left out. */
function streamService<M extends 'tcp.services' | 'udp.services', R extends UdpServiceReference>(
  scope: Scope,
  map: M,
  router: string,
  references: readonly R[],
  route: string,
  builder: PartBuilder,
  make: Make<R, Elements[M]>,
): string {
  const members: { name: string; weight: number }[] = []
  const isOne = references.length === 1
  const name = isOne ? scope.names.single(router) : scope.names.group(router)
  references.forEach((reference, index) => {
    const field = `${route}.services[${index}]`
    try {
      const service = make(scope, reference, field)
      if (isOne) builder.add(map, name, service)
      const place = {
        namespace: reference.namespace || scope.namespace,
        name: reference.name,
        port: String(reference.port),
        role: 'wrr' as const,
        index,
      }
      const member = isOne ? name : scope.names.streamMember(router, place)
      if (!isOne) builder.add(map, member, service)
      members.push({ name: member, weight: reference.weight ?? 1 })
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      scope.findings.error(error.field, `Cannot create service: ${error.message}`, error.hint)
    }
  })
  // The router stays and names a service that there is not: connections are closed.
  if (members.length === 0) return router
  if (!isOne) builder.add(map, name, { weighted: { services: members } } as Elements[M])
  return name
}

const tcpService: Make<TcpServiceReference, Elements['tcp.services']> = (scope, reference, field) => {
  const { tls, terminationDelay, proxyProtocol } = reference
  const servers = streamServers(scope, reference, 'tcp', field).map(({ hostPort: address }) => ({
    address,
    ...(tls ? { tls } : {}),
  }))
  const transport = reference.serversTransport
  const serversTransport = resolveTransport(
    scope,
    scope.namespace,
    transport,
    'ServersTransportTCP',
    `${field}.serversTransport`,
  )
  return {
    loadBalancer: {
      ...(servers.length === 0 ? {} : { servers }),
      ...(serversTransport === undefined ? {} : { serversTransport }),
      ...(proxyProtocol === undefined ? {} : { proxyProtocol: { version: proxyProtocol.version || 2 } }),
      ...(transport === '' && terminationDelay !== undefined ? { terminationDelay } : {}),
    },
  }
}

const udpService: Make<UdpServiceReference, Elements['udp.services']> = (scope, reference, field) => {
  const servers = streamServers(scope, reference, 'udp', field).map(({ hostPort: address }) => ({ address }))
  return { loadBalancer: servers.length === 0 ? {} : { servers } }
}

/** Machines come before the cluster's own address here, as in Traefik. Throws `Unusable`. */
function streamServers(
  scope: Scope,
  { name, namespace: given, port, nativeLB, nodePortLB }: UdpServiceReference,
  protocol: 'tcp' | 'udp',
  field: string,
): BackendServer[] {
  const { world, options, findings } = scope
  const namespace = given || scope.namespace
  if (!mayEnter(scope, namespace)) {
    const message = `${protocol} service ${namespace}/${name} is not in the parent resource namespace ${scope.namespace}`
    throw new Unusable(message, `${field}.namespace`, CROSS_NAMESPACE)
  }
  const service = serviceOf(world, namespace, name, `${field}.name`, `service not found: ${namespace}/${name}`)
  checkExternalName(service, `${field}.name`, options)
  const wanted = portReference(port, `${field}.port`)
  const servicePort = portOf(service, wanted, `${field}.port`, () =>
    findings.warn(`${field}.port`, strangePort(wanted, namespace, name)),
  )
  if (service.spec?.type === 'NodePort' && nodePortLB) {
    return nodeServers(world, service, servicePort, `${field}.nodePortLB`, options)
  }
  if (isExternalName(service)) return [externalServer(service, servicePort)]
  if (nativeLB ?? options.nativeLBByDefault === true) return [nativeServer(service, servicePort, `${field}.nativeLB`)]
  return endpointServers(world, service, servicePort, `${field}.name`, isReady, options)
}

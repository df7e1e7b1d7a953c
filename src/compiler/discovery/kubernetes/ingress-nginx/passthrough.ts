import { quote } from '../../../templates/quote.ts'
import { normalize } from '../../normalize.ts'
import type { IngressBackend } from '../ingress/spec.ts'
import { annotationField } from './annotations.ts'
import { portText, serversOf } from './backends.ts'
import { attempt, type RouteScope } from './route-scope.ts'
import { entryPointsOf } from './routers.ts'

/** What is known before an Ingress is read on. */
export type PassthroughScope = Omit<RouteScope, 'transport' | 'tlsOptions' | 'isPlainOnly'>

/** Connections that are handed on as they are, by the name that they ask for. Returns whether there are any. */
export function addPassthrough(scope: PassthroughScope): boolean {
  const { spec, namespace, ingress, findings, builder, isSound } = scope
  let isServed = false
  for (const [at, { host, http }] of spec.rules.entries()) {
    const field = `spec.rules[${at}]`
    if (!isSound(field)) continue
    if (host === '') {
      findings.error(
        `${field}.host`,
        'Cannot process ssl-passthrough: rule has no host',
        annotationField('ssl-passthrough'),
      )
      continue
    }
    const index = http?.paths.findIndex(({ path }) => path === '/') ?? -1
    const found: IngressBackend | undefined = http === undefined ? spec.defaultBackend : http.paths[index]?.backend
    const service = found?.service
    if (service === undefined) {
      const hint = 'ssl-passthrough looks at the path "/" alone'
      findings.error(field, `No backend found for ssl-passthrough on host ${JSON.stringify(host)}`, hint)
      continue
    }
    const place = http === undefined ? 'spec.defaultBackend' : `${field}.http.paths[${index}].backend`
    const servers = attempt(findings, `nothing is passed on for ${host}`, () =>
      serversOf(scope.world, namespace, service, scope.annotations, scope.options, `${place}.service`),
    )
    if (servers === null) continue
    const name = `${namespace}-${service.name}-${portText(service)}`
    builder.add(
      'tcp.services',
      name,
      { loadBalancer: servers.length === 0 ? {} : { servers: servers.map(({ hostPort }) => ({ address: hostPort })) } },
      field,
    )
    builder.add(
      'tcp.routers',
      `${namespace}-${ingress.metadata.name}-${normalize(host)}`,
      {
        ...entryPointsOf(scope.options, true),
        rule: `HostSNI(${quote(host)})`,
        ruleSyntax: 'default',
        service: name,
        tls: { passthrough: true },
      },
      field,
    )
    isServed = true
  }
  return isServed
}

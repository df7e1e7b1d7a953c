import { nearest } from '../../../decode/nearest.ts'
import { Unusable } from '../servers.ts'
import { annotationField } from './annotations.ts'
import type { IngressScope, Location, NginxMiddleware } from './location.ts'
import { referenceIn } from './references.ts'

/** Names that the option `globalAllowedResponseHeaders` may hold, and values of fields, as ingress-nginx has them. */
export const HEADER_NAME = /^[a-zA-Z\d_-]+$/
const HEADER_VALUE = /^[a-zA-Z\d_ :;.,\\/"'?!(){}[\]@<>=\-+*#$&`|~^%]+$/

/** Fields of answers out of a ConfigMap (`custom-headers`); null: none. Throws `Unusable`. */
export function customHeaders(scope: IngressScope): NginxMiddleware | null {
  const { annotations, options, world } = scope
  const reference = annotations['custom-headers']
  if (reference === undefined) return null
  const field = annotationField('custom-headers')
  const { namespace, name } = referenceIn(scope, 'custom-headers', reference, 'custom-headers configmap reference')
  const map = world.get('ConfigMap', namespace, name)
  if (map === null) {
    throw new Unusable(`configmap ${reference} does not exist`, field, { kind: 'ConfigMap', namespace, name })
  }
  const allowed = (options.globalAllowedResponseHeaders ?? []).filter((header) => HEADER_NAME.test(header))
  const fields: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(map.data ?? {})) {
    if (!allowed.includes(key)) {
      const near = nearest(key, allowed)
      const hint =
        near === null
          ? 'the provider’s option globalAllowedResponseHeaders lists those that may be set'
          : `did you mean "${near}"?`
      throw new Unusable(`header ${JSON.stringify(key)} is not in globalAllowedResponseHeaders`, field, hint)
    }
    if (typeof value !== 'string' || !HEADER_VALUE.test(value))
      throw new Unusable(`the value of header ${JSON.stringify(key)} can’t be sent`, field)
    fields[key] = value
  }
  if (Object.keys(fields).length === 0) return null
  return { suffix: 'custom-headers', middleware: { headers: { customResponseHeaders: fields } } }
}

/** `upstream-vhost`: the host that servers see. */
export function upstreamVhost(location: Location): NginxMiddleware | null {
  const { annotations, namespace, ingress, serviceName, servicePort, path } = location
  const vHost = annotations['upstream-vhost']
  if (vHost === undefined) return null
  const vars = {
    $namespace: namespace,
    $ingress_name: ingress.metadata.name,
    $location_path: path,
    $service_name: serviceName,
    $service_port: servicePort,
  }
  return { suffix: 'vhost', middleware: { upstreamVHost: { ...(vHost === '' ? {} : { vHost }), vars } } }
}

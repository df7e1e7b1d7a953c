import { annotationField } from './annotations.ts'
import type { Location, NginxMiddleware } from './location.ts'

/** The service of the provider's option `defaultBackendService`, and that of an Ingress without rules. */
export const DEFAULT_BACKEND = 'default-backend'

/** Which service gives the pages of errors, for each router. */
export interface ErrorPages {
  readonly status: readonly string[]
  /** Null: that of the provider. Else the Service whose servers each router has a service of its own of. */
  readonly service: string | null
}

/** `custom-http-errors`; null: answers stay as they are. */
export function errorPages({ annotations, options, findings }: Location): ErrorPages | null {
  const own = annotations['custom-http-errors']
  const status = own ?? options.customHTTPErrors ?? []
  if (status.length === 0) return null
  const service = annotations['default-backend'] ?? ''
  if (own !== undefined && service !== '') return { status, service }
  if ((options.defaultBackendService ?? '') !== '') return { status, service: null }
  if (own !== undefined) {
    const hint = 'name a Service: default-backend, or the provider’s option defaultBackendService'
    findings.warn(annotationField('custom-http-errors'), 'custom-http-errors has no effect without a service', hint)
  }
  return null
}

/** @param service that gives the pages */
export const errorsMiddleware = (location: Location, pages: ErrorPages, service: string): NginxMiddleware => ({
  suffix: 'custom-http-errors',
  middleware: {
    errors: {
      status: [...pages.status],
      service,
      nginxHeaders: {
        'X-Namespaces': [location.namespace],
        'X-Ingress-Name': [location.ingress.metadata.name],
        'X-Service-Name': [location.serviceName],
        'X-Service-Port': [location.servicePort],
      },
    },
  },
})

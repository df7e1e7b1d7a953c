import { annotationField } from './annotations.ts'
import type { Location, NginxMiddleware } from './location.ts'

/** Directives of nginx, and another server that decides: one middleware, as their phases are mixed. */
export function snippet(location: Location): NginxMiddleware | null {
  const { annotations, serverSnippet, options } = location
  const configuration = annotations['configuration-snippet'] ?? ''
  const auth = externalAuth(location)
  if (serverSnippet === '' && configuration === '' && auth === null) return null
  if (auth === null && (options.globalAuthURL ?? '') === '') tellIdle(location)
  return {
    suffix: 'snippet',
    middleware: {
      snippet: {
        ...(serverSnippet === '' ? {} : { serverSnippet }),
        ...(configuration === '' ? {} : { configurationSnippet: configuration }),
        ...(auth === null ? {} : { auth }),
      },
    },
  }
}

const tellIdle = ({ annotations, findings }: Location): void => {
  for (const name of ['auth-signin', 'auth-method', 'auth-response-headers', 'auth-snippet'] as const) {
    if (annotations[name] !== undefined) {
      findings.warn(annotationField(name), `${name} has no effect without auth-url`, 'write auth-url')
    }
  }
}

/** `auth-url` and what belongs to it; the provider's `globalAuthURL` where the Ingress names none. */
function externalAuth({ annotations, options }: Location) {
  const own = annotations['auth-url'] ?? ''
  const global = (annotations['enable-global-auth'] ?? true) ? (options.globalAuthURL ?? '') : ''
  const address = own || global
  if (address === '') return null
  const { 'auth-signin': signin = '', 'auth-method': method = '', 'auth-snippet': text = '' } = annotations
  const names = (annotations['auth-response-headers'] ?? '').split(',').map((name) => name.trim())
  const authResponseHeaders = names.filter((name) => name !== '')
  return {
    address,
    ...(method === '' ? {} : { method }),
    ...(text === '' ? {} : { snippet: text }),
    ...(authResponseHeaders.length === 0 ? {} : { authResponseHeaders }),
    ...(signin === '' ? {} : { authSigninURL: signin }),
  }
}

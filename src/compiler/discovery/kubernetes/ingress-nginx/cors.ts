import { annotationField } from './annotations.ts'
import type { Location, NginxMiddleware } from './location.ts'

const HEADERS = [
  'DNT',
  'Keep-Alive',
  'User-Agent',
  'X-Requested-With',
  'If-Modified-Since',
  'Cache-Control',
  'Content-Type',
  'Range',
  'Authorization',
]
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']
const MAX_AGE = 1_728_000

const OPTIONAL = [
  'cors-allow-credentials',
  'cors-expose-headers',
  'cors-allow-headers',
  'cors-allow-methods',
  'cors-allow-origin',
  'cors-max-age',
] as const

/** `enable-cors` and what belongs to it. */
export function cors({ annotations, findings }: Location): NginxMiddleware | null {
  if (annotations['enable-cors'] !== true) {
    for (const name of OPTIONAL) {
      if (annotations[name] === undefined) continue
      findings.warn(annotationField(name), `${name} has no effect without enable-cors`, 'write enable-cors: "true"')
    }
    return null
  }
  const exposed = annotations['cors-expose-headers'] ?? []
  return {
    suffix: 'cors',
    middleware: {
      headers: {
        ...((annotations['cors-allow-credentials'] ?? true) ? { accessControlAllowCredentials: true } : {}),
        ...(exposed.length === 0 ? {} : { accessControlExposeHeaders: [...exposed] }),
        accessControlAllowHeaders: [...(annotations['cors-allow-headers'] ?? HEADERS)],
        accessControlAllowMethods: [...(annotations['cors-allow-methods'] ?? METHODS)],
        accessControlAllowOriginList: [...(annotations['cors-allow-origin'] ?? ['*'])],
        accessControlMaxAge: annotations['cors-max-age'] ?? MAX_AGE,
      },
    },
  }
}

import type { Findings } from '../findings.ts'
import { annotationField } from './annotations.ts'
import { quoteMeta } from './canary.ts'
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
  const { origins, expressions } = originsOf(annotations['cors-allow-origin'] ?? ['*'], findings)
  const exposed = annotations['cors-expose-headers'] ?? []
  return {
    suffix: 'cors',
    middleware: {
      headers: {
        ...((annotations['cors-allow-credentials'] ?? true) ? { accessControlAllowCredentials: true } : {}),
        ...(exposed.length === 0 ? {} : { accessControlExposeHeaders: [...exposed] }),
        accessControlAllowHeaders: [...(annotations['cors-allow-headers'] ?? HEADERS)],
        accessControlAllowMethods: [...(annotations['cors-allow-methods'] ?? METHODS)],
        ...(origins.length === 0 ? {} : { accessControlAllowOriginList: origins }),
        ...(expressions.length === 0 ? {} : { accessControlAllowOriginListRegex: expressions }),
        accessControlMaxAge: annotations['cors-max-age'] ?? MAX_AGE,
      },
    },
  }
}

/** One label of a host in the place of a star. */
const WILDCARD = /^([a-z][a-z0-9+.-]*:\/\/)\*(\.[A-Za-z0-9.-]+(?::\d+)?)$/

/** A star stands for all origins, or for the first label of a host. */
function originsOf(given: readonly string[], findings: Findings) {
  const origins: string[] = []
  const expressions: string[] = []
  for (const origin of given) {
    const [, scheme, host] = WILDCARD.exec(origin) ?? []
    if (scheme !== undefined) expressions.push(`^(?i)${scheme}[A-Za-z0-9-]+${quoteMeta(host!)}$`)
    else if (origin === '*' || !origin.includes('*')) origins.push(origin)
    else {
      const message = `origin ${JSON.stringify(origin)} is left out`
      findings.warn(annotationField('cors-allow-origin'), message, 'a star is written as in https://*.example.com')
    }
  }
  return { origins, expressions }
}

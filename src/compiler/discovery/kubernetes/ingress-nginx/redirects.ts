import { quote } from '../../../templates/quote.ts'
import type { World } from '../world.ts'
import { annotationField } from './annotations.ts'
import type { Location, NginxMiddleware } from './location.ts'
import { isRoot } from './survey.ts'
import { hostIn } from './survey-world.ts'

/** Whether plain requests are sent to TLS: by default where the Ingress has certificates. */
export const redirectsToTls = ({ annotations, hasTls }: Location): boolean =>
  annotations['force-ssl-redirect'] === true || (hasTls && annotations['ssl-redirect'] !== false)

export const tlsRedirect: NginxMiddleware = {
  suffix: 'redirect-scheme',
  middleware: { redirectScheme: { scheme: 'https', forcePermanentRedirect: true } },
}

/** `app-root`: where the bare root leads; that of another Ingress counts for who takes the root of the host. */
export function appRoot({ annotations, findings, path: own, hostRoot }: Location): NginxMiddleware | null {
  const path = annotations['app-root'] ?? (isRoot(own) ? hostRoot : null)
  if (path === null) return null
  if (path.startsWith('/')) return { suffix: 'app-root', middleware: { appRoot: { path } } }
  findings.warn(annotationField('app-root'), `app-root ${JSON.stringify(path)} is ignored`, 'begin it with a slash')
  return null
}

/** `permanent-redirect` and `temporal-redirect`, of which the second one counts. */
export function redirect({ annotations, findings, usesRegex, path }: Location): NginxMiddleware | null {
  const { 'permanent-redirect': permanent, 'temporal-redirect': temporal } = annotations
  const replacement = temporal ?? permanent
  if (replacement === undefined) return null
  if (temporal !== undefined && permanent !== undefined) {
    findings.warn(annotationField('permanent-redirect'), 'temporal-redirect counts: this one has no effect')
  }
  const name = temporal === undefined ? 'permanent-redirect-code' : 'temporal-redirect-code'
  const otherwise = temporal === undefined ? 301 : 302
  const asked = annotations[name] ?? otherwise
  const isStatus = asked >= 300 && asked <= 308
  if (!isStatus) findings.warn(annotationField(name), `${name} ${asked} counts as ${otherwise}`, '300 to 308')
  return {
    suffix: 'redirect',
    middleware: {
      redirectRegex: {
        regex: usesRegex ? `^https?://[^/]+${path}` : '.*',
        replacement,
        statusCode: isStatus ? asked : otherwise,
      },
    },
  }
}

/** Requests with `www.`, or without it, that are sent to the host that there is. */
export interface WwwRedirect {
  readonly rule: string
  readonly middleware: NginxMiddleware
}

const WWW = 'www.'

/** `from-to-www-redirect`; null: there is none, or the other host has routes of its own. */
export function wwwRedirect({ annotations, findings, host }: Location, world: World): WwwRedirect | null {
  if (annotations['from-to-www-redirect'] !== true || host === '') return null
  const other = host.startsWith(WWW) ? host.slice(WWW.length) : WWW + host
  if (host.startsWith('*.') || hostIn(world, other) !== null) {
    const why = host.startsWith('*.') ? 'a wildcard has no other name' : `${other} has routes of its own`
    findings.warn(annotationField('from-to-www-redirect'), `from-to-www-redirect of ${host} has no effect: ${why}`)
    return null
  }
  return {
    rule: `Host(${quote(other)})`,
    middleware: {
      suffix: 'from-to-www-redirect',
      middleware: {
        redirectRegex: {
          regex: String.raw`^(https?)://(?:\[[^/\]]*\]|[^/:]+)(:[0-9]+)?[^/]*/(.*?)/?$`,
          replacement: `$1://${host}$2/$3`,
          statusCode: 308,
        },
      },
    },
  }
}

/** What may be a prefix, groups of an expression in it too, as ingress-nginx has it. */
const PREFIX = /^\/?[-._~a-zA-Z0-9/$:]*$/

/** `rewrite-target`: the path that servers see, or where the client is sent. */
export function rewriteTarget({ annotations, findings, path }: Location): NginxMiddleware | null {
  const replacement = annotations['rewrite-target'] ?? ''
  const prefix = annotations['x-forwarded-prefix'] ?? ''
  if (replacement === '' || replacement === path) {
    if (prefix !== '') {
      findings.warn(annotationField('x-forwarded-prefix'), 'x-forwarded-prefix has no effect without rewrite-target')
    }
    return null
  }
  const isPrefix = PREFIX.test(prefix)
  if (!isPrefix) {
    const message = `x-forwarded-prefix ${JSON.stringify(prefix)} is ignored: it is no path`
    findings.warn(annotationField('x-forwarded-prefix'), message)
  }
  return {
    suffix: 'rewrite-target',
    middleware: {
      rewriteTarget: {
        ...(path === '' ? {} : { regex: path }),
        replacement,
        ...(prefix === '' || !isPrefix ? {} : { xForwardedPrefix: prefix }),
      },
    },
  }
}

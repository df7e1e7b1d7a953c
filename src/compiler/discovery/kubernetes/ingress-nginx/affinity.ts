import type { HttpService } from '../../../dynamic/http.ts'
import type { Findings } from '../findings.ts'
import { annotationField, type NginxAnnotations } from './annotations.ts'

type Sticky = NonNullable<NonNullable<HttpService['loadBalancer']>['sticky']>

/**
 * The cookie that binds clients; null: none does.
 * @param suffix of its name, where one is not enough: that which chooses the canary; empty: none
 */
export function stickyOf(annotations: NginxAnnotations, suffix: string): Sticky | null {
  if (annotations.affinity !== 'cookie') return null
  const name = annotations['session-cookie-name'] ?? 'INGRESSCOOKIE'
  const sameSite = (annotations['session-cookie-samesite'] ?? '').toLowerCase()
  const domain = annotations['session-cookie-domain'] ?? ''
  return {
    cookie: {
      name: suffix === '' ? name : `${name}-${suffix}`,
      secure: annotations['session-cookie-secure'] ?? false,
      httpOnly: true,
      ...(sameSite === '' ? {} : { sameSite }),
      maxAge: annotations['session-cookie-max-age'] ?? 0,
      expires: annotations['session-cookie-expires'] ?? 0,
      path: annotations['session-cookie-path'] ?? '/',
      ...(domain === '' ? {} : { domain }),
    },
  }
}

/** Tells what of it has no effect. */
export function checkAffinity(annotations: NginxAnnotations, findings: Findings): void {
  const { affinity, 'affinity-canary-behavior': behavior = 'sticky' } = annotations
  if (affinity !== undefined && affinity !== 'cookie') {
    findings.warn(annotationField('affinity'), `affinity ${JSON.stringify(affinity)} is ignored`, 'write "cookie"')
  }
  if (behavior !== 'sticky') {
    const message = `affinity-canary-behavior ${JSON.stringify(behavior)} has no effect: a client stays with what it got`
    findings.warn(annotationField('affinity-canary-behavior'), message)
  }
}

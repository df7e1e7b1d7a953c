import type { Candidate } from '../../engine/balancing/balancer.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { ProxyResponse } from '../../http/response.ts'
import type { StickyCookiePlan } from '../../plan/services.ts'

/** Sessions by cookie around a balancer (Traefik v3.7 pkg/server/service/loadbalancer/sticky.go). */
export interface Sticky<C extends Candidate> {
  /** The member that the client's cookie names, while it is up; fenced members still serve. */
  find(
    request: ProxyRequest,
  ): { readonly member: C /** An old form of the value: it is written anew. */; readonly rewrite: boolean } | null
  /** Puts the cookie in front of the answer's own. */
  write(response: ProxyResponse, member: C): void
}

export function createSticky<C extends Candidate>(plan: StickyCookiePlan, members: readonly C[]): Sticky<C> {
  const byValue = new Map<string, { member: C; rewrite: boolean }>()
  const cookies = new Map<string, string>()
  for (const member of members) {
    const values = plan.values[member.id] ?? []
    for (const [at, value] of values.entries()) byValue.set(value, { member, rewrite: at > 0 })
    cookies.set(member.id, `${plan.cookieName}=${values[0] ?? ''}${plan.attributes}`)
  }
  return {
    find(request) {
      const value = request.cookie(plan.cookieName)
      const found = value === null ? undefined : byValue.get(value)
      return found?.member.isUp() ? found : null
    },
    write(response, member) {
      response.headers.lines.unshift('Set-Cookie', cookies.get(member.id) ?? '')
    },
  }
}

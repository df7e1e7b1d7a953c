import type { Candidate } from '../../engine/balancing/balancer.ts'
import { readCookie } from '../../http/cookies.ts'
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

/** @param now the time by the clock on the wall */
export function createSticky<C extends Candidate>(
  plan: StickyCookiePlan,
  members: readonly C[],
  now: () => Date,
): Sticky<C> {
  const byValue = new Map<string, { member: C; rewrite: boolean }>()
  const cookies = new Map<string, string>()
  for (const member of members) {
    const values = plan.values[member.id] ?? []
    for (const [at, value] of values.entries()) byValue.set(value, { member, rewrite: at > 0 })
    cookies.set(member.id, `${plan.cookieName}=${values[0] ?? ''}${plan.attributes}`)
  }
  const { expires } = plan
  const rest = (): string => {
    if (expires === undefined) return ''
    const end = new Date(now().getTime() + expires.seconds * 1000)
    return Number.isNaN(end.getTime()) ? expires.attributes : `; Expires=${end.toUTCString()}${expires.attributes}`
  }
  return {
    find(request) {
      const value = readCookie(request.headers, plan.cookieName)
      const found = value === null ? undefined : byValue.get(value)
      return found?.member.isUp() ? found : null
    },
    write(response, member) {
      response.headers.lines.unshift('Set-Cookie', (cookies.get(member.id) ?? '') + rest())
    },
  }
}

import type { Plan } from '../../src/plan/plan.ts'
import { edgePlan, match, middleware, router, servers } from '../../test/edge/plans.ts'

/** 100 routers by host and path, each behind the same five middlewares. */
export function benchPlan(origin: string): Plan {
  const middlewares = ['strip', 'prefix', 'fields', 'allow', 'more']
  const routers = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [
      `r${at}`,
      router(
        's',
        { op: 'and', left: match('Host', `app${at}.example.test`), right: match('PathPrefix', '/app') },
        { priority: 40, middlewares },
      ),
    ]),
  )
  return edgePlan({
    routers,
    services: { s: servers([origin]) },
    middlewares: {
      strip: middleware('stripPrefix', { prefixes: ['/app'], forceSlash: false }),
      prefix: middleware('addPrefix', { prefix: '/v1' }),
      fields: middleware('headers', headers({ 'X-Edge': 'yes' }, { 'X-Frame-Options': 'DENY' })),
      allow: middleware('ipAllowList', { sourceRange: ['203.0.113.0/24'], ipStrategy: null, rejectStatusCode: 403 }),
      more: middleware('headers', headers({ 'X-Team': 'blue' }, {})),
    },
  })
}

function headers(request: Record<string, string>, response: Record<string, string>) {
  const edits = (fields: Record<string, string>) => Object.entries(fields).map(([name, value]) => ({ name, value }))
  return {
    requestFields: edits(request),
    host: '',
    omitForwardedFor: false,
    responseFields: edits(response),
    cors: null,
    secure: null,
    deprecated: [],
  }
}

import type { SchemesPlan } from '../../../plan/plan.ts'
import type { ConfigProblem } from '../../../plan/problem.ts'
import { providerOf } from '../../dynamic/names.ts'
import type { MergedConfig } from '../../merge/merge.ts'
import type { MergedRouter } from '../../merge/models.ts'
import { type Finding, toProblem } from './findings.ts'
import { middlewareFindings } from './middlewares.ts'
import { secretFindings } from './secrets.ts'
import { serviceFindings, transportFindings } from './services.ts'

/**
 * What of a configuration is not on Workers what it is on Node, each with the place, what happens and what to do
 * (the capability table says the same per feature). A difference at run time that is not in here is a bug.
 */
export function portabilityProblems(config: MergedConfig, schemes: SchemesPlan): ConfigProblem[] {
  const { http } = config
  const findings = [
    ...schemeFindings(own(http.routers), schemes),
    ...own(http.routers).flatMap(([name, router]) => routerFindings(name, router, schemes)),
    ...own(http.services).flatMap(([name, service]) => serviceFindings(name, service)),
    ...own(http.services).flatMap(([name, service]) => secretFindings('services', name, service)),
    ...own(http.middlewares).flatMap(([name, middleware]) => middlewareFindings(name, middleware)),
    ...own(http.middlewares).flatMap(([name, middleware]) => secretFindings('middlewares', name, middleware)),
    ...own(http.serversTransports).flatMap(([name, transport]) => transportFindings(name, transport)),
    ...streamFindings(config),
    ...tlsFindings(config),
  ]
  return findings.map(toProblem)
}

/** The internal provider's own elements are nobody's to change. */
function own<T>(elements: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(elements ?? {}).filter(([name]) => providerOf(name) !== 'internal')
}

/** A whole scheme that nothing answers, which is nearly all that comes. */
function schemeFindings(routers: readonly (readonly [string, MergedRouter])[], { https }: SchemesPlan): Finding[] {
  const roots = routers.map(([, router]) => router).filter(({ parentRefs = [] }) => parentRefs.length === 0)
  const answers = ({ entryPoints = [] }: MergedRouter) => entryPoints.some((name) => https.includes(name))
  if (roots.length === 0 || roots.some(answers)) return []
  return [
    {
      capability: 'tlsRouters',
      severity: 'error',
      section: 'http',
      path: ['routers'],
      message:
        https.length === 0
          ? 'every https request is a 404: there is none of the entry points that edge.entryPoints.https names'
          : `every https request is a 404: no router is on the entry point ${listed(https)}`,
      remedy:
        'take `entryPoints` off a router, or name its entry point in edge.entryPoints.https of the install configuration',
    },
  ]
}

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(' or ') || 'none'

function routerFindings(name: string, router: MergedRouter, { http, https }: SchemesPlan): Finding[] {
  const findings: Finding[] = []
  const note = (
    inside: readonly (string | number)[],
    message: string,
    remedy: string,
    capability: Finding['capability'],
  ) =>
    findings.push({
      capability,
      severity: 'warning',
      section: 'http',
      path: ['routers', name, ...inside],
      message,
      remedy,
    })
  router.entryPoints?.forEach((entryPoint, at) => {
    if (entryPoint === http || https.includes(entryPoint)) return
    const message = `no request comes by the entry point "${entryPoint}": http is ${listed(http === '' ? [] : [http])}, https is ${listed(https)}`
    const remedy = 'name one of these, or set edge.entryPoints in the install configuration'
    note(['entryPoints', at], message, remedy, 'entryPointOptions')
  })
  if (router.tls?.options) {
    note(['tls', 'options'], 'TLS options are those of the zone', "set them in the zone's settings", 'tlsRouters')
  }
  if (router.tls?.certResolver) {
    note(['tls', 'certResolver'], 'certificates are the platform’s', 'take the resolver away', 'tlsRouters')
  }
  return findings
}

function streamFindings({ tcp, udp }: MergedConfig): Finding[] {
  const named: [section: 'tcp' | 'udp', routers: object | undefined][] = [
    ['tcp', tcp?.routers],
    ['udp', udp?.routers],
  ]
  return named.flatMap(([section, routers]) =>
    Object.keys(routers ?? {}).map(
      (name): Finding => ({
        capability: 'tcp',
        severity: 'warning',
        section,
        path: ['routers', name],
        message: `${section.toUpperCase()} routers have no effect: Workers take no raw connections`,
        remedy: 'keep it in a file that only Node reads',
      }),
    ),
  )
}

function tlsFindings({ tls }: MergedConfig): Finding[] {
  const count = tls?.certificates?.length ?? 0
  if (count === 0) return []
  return [
    {
      capability: 'tls',
      severity: 'warning',
      section: 'tls',
      path: ['certificates'],
      message: `${count} ${count === 1 ? 'certificate has' : 'certificates have'} no effect: the platform ends TLS`,
      remedy: "upload them to the zone, or use the platform's",
    },
  ]
}

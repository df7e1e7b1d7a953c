import { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import type { World } from '../world.ts'
import { checkAffinity } from './affinity.ts'
import { CLAIM, type Claim } from './claim.ts'
import { addDefaultBackend, type DefaultRoutes } from './default-backend.ts'
import type { NginxOptions } from './options.ts'
import { addPassthrough, type PassthroughScope } from './passthrough.ts'
import { addPaths } from './paths.ts'
import { attempt, type RouteScope, WAY_OUT } from './route-scope.ts'
import { certificatesOf, clientAuth, transportOf } from './tls.ts'

/** What an Ingress brings. */
export interface NginxPart extends Part {
  /** It has a route, so its status is ours. */
  readonly isServed: boolean
}

/**
 * What an Ingress brings that is no canary (the third pass of Traefik's `build`, and `translate`).
 * @param world a `SurveyWorld`, which notes what is read
 * @param before what the object brought as it was
 */
export function deriveNginxPart(
  ingress: KubernetesObject,
  world: World,
  before: Part | null,
  options: NginxOptions,
): NginxPart {
  const namespace = ingress.metadata.namespace ?? ''
  const claim = world.get(CLAIM, namespace, ingress.metadata.name) as Claim
  const findings = new Findings(ingress)
  const builder = new PartBuilder(findings, WAY_OUT)
  const { annotations, ingressSpec, standing } = claim
  const scope = { world, namespace, findings, ingress, annotations, options }
  const common = { ...scope, spec: ingressSpec, isSound: claim.isSound, builder }
  let routes: DefaultRoutes = { isServed: false, isDefault: false }
  if (standing === 'passthrough' || standing === 'regular') {
    const secrets = ingressSpec.tls.map(({ secretName }) => secretName)
    for (const [key, pair] of certificatesOf(scope, secrets)) builder.certificates.set(key, { ...pair })
    const isPassed = standing === 'passthrough' && addPassthrough(common)
    routes = addRegular(common, standing === 'passthrough')
    if (isPassed) routes = { ...routes, isServed: true }
  }
  const part = builder.build(before, routes.isDefault, claim.findings)
  return { ...part, isServed: routes.isServed }
}

/** @param isPlainOnly connections with TLS are handed on as they are */
function addRegular(common: PassthroughScope, isPlainOnly: boolean): DefaultRoutes {
  const { namespace, ingress, annotations, findings } = common
  checkAffinity(annotations, findings)
  const made = attempt(findings, 'the Ingress is left out', () => ({
    transport: transportOf(common),
    tls: clientAuth(common),
  }))
  if (made === null) return { isServed: false, isDefault: false }
  const name = `${namespace}-${ingress.metadata.name}`
  const scope: RouteScope = {
    ...common,
    isPlainOnly,
    transport: { name, element: made.transport },
    tlsOptions: made.tls,
  }
  const hasPaths = addPaths(scope)
  const { isServed, isDefault } = addDefaultBackend(scope)
  return { isServed: hasPaths || isServed, isDefault }
}

import { type Finding, Findings } from '../findings.ts'
import { type IngressPath, type IngressSpec, ingressSpec } from '../ingress/spec.ts'
import type { KubernetesObject } from '../objects.ts'
import { Unusable } from '../servers.ts'
import { readSpec, type Spec } from '../spec.ts'
import type { World } from '../world.ts'
import { annotationField, type NginxAnnotations, nginxAnnotations } from './annotations.ts'
import { credentials } from './auth.ts'
import type { NginxOptions } from './options.ts'
import { type ClientAuth, clientAuth, transportOf } from './tls.ts'

/**
 * What is to become of an Ingress.
 * - `other`: it is meant for somebody else
 * - `refused`: it may not be as it is
 * - `canary`: it takes a part of the requests of another one
 * - `passthrough`: connections are handed on as they are
 * - `regular`: it has routes
 */
export type Standing = 'other' | 'refused' | 'canary' | 'passthrough' | 'regular'

/** What an Ingress says, before others are looked at. It is an object of a world too: see `SurveyWorld`. */
export interface Claim extends KubernetesObject {
  readonly ingress: KubernetesObject
  readonly standing: Standing
  readonly annotations: NginxAnnotations
  readonly ingressSpec: IngressSpec
  readonly isSound: Spec<IngressSpec>['isSound']
  /** What it says to others on its hosts; null: nothing, or it can't have routes. */
  readonly toOthers: ToOthers | null
  readonly findings: readonly Finding[]
}

/** What counts for whole hosts. */
interface ToOthers {
  /** The bare root leads there. */
  readonly appRoot: string | null
  readonly clientAuth: ClientAuth | null
  /** False: its paths are left out. */
  readonly hasPaths: boolean
}

export const CLAIM = 'Claim'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'

/** Reads an Ingress. @param world notes what was looked at */
export function claimOf(ingress: KubernetesObject, world: World, options: NginxOptions): Claim {
  const findings = new Findings(ingress)
  const isOurs = isOfClass(ingress, world, options)
  const annotations = isOurs ? nginxAnnotations(ingress, findings) : {}
  const { value, isSound } = readSpec(ingressSpec, isOurs ? ingress : { ...ingress, spec: {} }, findings)
  const spec = withoutGaps(value)
  const standing = isOurs ? standingOf(annotations, spec, options, findings) : 'other'
  return {
    apiVersion: '',
    kind: CLAIM,
    metadata: ingress.metadata,
    ingress,
    standing,
    annotations,
    ingressSpec: spec,
    // A path of a host that can't be read must not become one of every host.
    isSound: (field) => isSound(field) && isSound(field.replace(IN_RULE, '$1.host')),
    toOthers:
      standing === 'regular' || standing === 'passthrough' ? toOthers(ingress, annotations, world, options) : null,
    findings: findings.all,
  }
}

/** What is wrong is told where the routes are made. */
function toOthers(
  ingress: KubernetesObject,
  annotations: NginxAnnotations,
  world: World,
  options: NginxOptions,
): ToOthers | null {
  const appRoot = annotations['app-root']?.startsWith('/') === true ? annotations['app-root'] : null
  if (appRoot === null && annotations['auth-tls-secret'] === undefined) return null
  const namespace = ingress.metadata.namespace ?? ''
  const scope = { world, namespace, findings: new Findings(ingress), ingress, annotations, options }
  const isMade = (make: () => unknown): boolean => {
    try {
      make()
      return true
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      return false
    }
  }
  let auth: ClientAuth | null = null
  const isUsable = isMade(() => {
    transportOf(scope)
    auth = clientAuth(scope)
  })
  return isUsable ? { appRoot, clientAuth: auth, hasPaths: isMade(() => credentials(scope)) } : null
}

/** A field below a rule. */
const IN_RULE = /^(spec\.rules\[\d+\]).*$/

/** What is no rule or no path has no backend either; the others keep their places. */
const withoutGaps = (spec: IngressSpec): IngressSpec => ({
  ...spec,
  tls: spec.tls.map((entry) => entry ?? { hosts: [], secretName: '' }),
  rules: spec.rules.map((rule) =>
    rule?.http === undefined
      ? (rule ?? { host: '' })
      : { ...rule, http: { paths: rule.http.paths.map((path) => path ?? { path: '', pathType: '', backend: {} }) } },
  ),
})

/** Whether an Ingress is meant for this proxy (Traefik `shouldProcess`). */
function isOfClass({ spec, metadata }: KubernetesObject, world: World, options: NginxOptions): boolean {
  const { ingressClass, controllerClass, ingressClassByName = false, watchIngressWithoutClass = false } = options
  const name = (spec as { ingressClassName?: unknown } | undefined)?.ingressClassName
  if (typeof name === 'string') {
    const classes = world
      .list('IngressClass')
      .filter(
        ({ metadata: own, spec: of }) =>
          of?.controller === controllerClass || (ingressClassByName && own.name === ingressClass),
      )
    if (classes.length > 0) return classes.some(({ metadata: own }) => own.name === name)
  }
  const annotation = metadata.annotations?.[CLASS_ANNOTATION]
  return annotation === undefined ? watchIngressWithoutClass : annotation === ingressClass
}

function standingOf(
  annotations: NginxAnnotations,
  spec: IngressSpec,
  options: NginxOptions,
  findings: Findings,
): Standing {
  if (options.allowSnippetAnnotations !== true) {
    for (const name of ['server-snippet', 'configuration-snippet', 'auth-snippet'] as const) {
      if ((annotations[name] ?? '') === '') continue
      const message =
        'snippet annotations are not allowed when allowSnippetAnnotations is disabled: the Ingress is ignored'
      findings.error(annotationField(name), message, 'the provider’s option allowSnippetAnnotations permits them')
      return 'refused'
    }
  }
  if (options.strictValidatePathType && !hasStrictPaths(spec, findings)) return 'refused'
  if (annotations.canary === true) return 'canary'
  return annotations['ssl-passthrough'] === true ? 'passthrough' : 'regular'
}

/** As ingress-nginx has it. */
const STRICT_PATH = /^\/[A-Za-z0-9._\-/]*$/

export const pathTypeOf = ({ pathType }: IngressPath): string => (pathType === '' ? 'Prefix' : pathType)

function hasStrictPaths({ rules }: IngressSpec, findings: Findings): boolean {
  for (const [at, { http }] of rules.entries()) {
    for (const [index, path] of (http?.paths ?? []).entries()) {
      const type = pathTypeOf(path)
      if (path.path === '' || type === 'ImplementationSpecific' || STRICT_PATH.test(path.path)) continue
      findings.error(
        `spec.rules[${at}].http.paths[${index}].path`,
        `regex characters not allowed for pathType ${type} when strictValidatePathType is enabled: the Ingress is ignored`,
        'write pathType: ImplementationSpecific, or switch the provider’s option strictValidatePathType off',
      )
      return false
    }
  }
  return true
}

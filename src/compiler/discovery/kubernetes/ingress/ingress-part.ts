import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { HttpRouter } from '../../../dynamic/http.ts'
import { normalize } from '../../normalize.ts'
import { addCertificate } from '../certificates.ts'
import { CROSS_PROVIDER, mayCrossProviders } from '../cross-provider.ts'
import { type Finding, Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import type { ObjectScope } from '../scope.ts'
import { Unusable } from '../servers.ts'
import { readSpec } from '../spec.ts'
import type { World } from '../world.ts'
import { annotationNamed, type RouterAnnotations, routerAnnotations, tellBare } from './annotations.ts'
import { checkBackend, keyOf } from './backend-world.ts'
import { isOfClass } from './classes.ts'
import type { IngressOptions } from './options.ts'
import { ruleOf } from './rules.ts'
import { type BackendService, portText, serviceIn } from './services.ts'
import { type IngressPath, type IngressSpec, ingressSpec } from './spec.ts'

/** What to do about several elements of one name. */
export const WAY_OUT = 'change the name, the host or the path of one of them'

/** What an Ingress brings. */
export interface IngressPart extends Part {
  /** Whether it is meant for this proxy. */
  readonly isOurs: boolean
  /** Services that it needs; they change where it does not. */
  readonly services: readonly UsedService[]
}

/** A service that an Ingress needs. */
export interface UsedService {
  /** In the configuration. */
  readonly name: string
  /** Of the backend, in the namespace of the Ingress. */
  readonly key: string
  readonly field: string
}

/** What the derivation of an Ingress works with. */
interface IngressScope extends ObjectScope {
  readonly ingress: KubernetesObject
  readonly spec: IngressSpec
  readonly annotations: RouterAnnotations
  readonly options: IngressOptions
  readonly builder: PartBuilder
  /** Takes what is found about other objects. */
  readonly told: Finding[]
  /** By their names in the configuration. */
  readonly services: Map<string, UsedService>
}

/** The router of an Ingress without rules, and its service; there is one of them in a cluster. */
const DEFAULT_ROUTER = 'default-router'
const DEFAULT_BACKEND = 'default-backend'

/** @param before what the object brought as it was */
export function deriveIngressPart(
  ingress: KubernetesObject,
  world: World,
  before: Part | null,
  options: IngressOptions,
): IngressPart {
  const findings = new Findings(ingress)
  const builder = new PartBuilder(findings, WAY_OUT)
  const told: Finding[] = []
  const services = new Map<string, UsedService>()
  const object: ObjectScope = { world, namespace: ingress.metadata.namespace ?? '', findings }
  const isOurs = isOfClass(ingress, object, options)
  let isDefault = false
  if (isOurs) {
    const annotations = routerAnnotations(ingress, findings)
    const { value: spec, isSound } = readSpec(ingressSpec, ingress, findings)
    if (annotations !== null && mayRefer(ingress, annotations, options, object)) {
      const scope: IngressScope = { ...object, ingress, spec, annotations, options, builder, told, services }
      addCertificates(scope)
      if (spec.rules.length > 0) addRouters(scope, isSound)
      else if (spec.defaultBackend !== undefined && isSound('spec.defaultBackend')) isDefault = addDefault(scope)
    }
  }
  return { ...builder.build(before, isDefault, told), isOurs, services: [...services.values()] }
}

/** Whether it may name what its annotations name; what is not allowed is told. */
function mayRefer(
  ingress: KubernetesObject,
  { middlewares = [], tls }: RouterAnnotations,
  options: IngressOptions,
  { namespace, findings }: ObjectScope,
): boolean {
  tellBare(ingress, 'router.middlewares', middlewares, findings)
  if (mayCrossProviders(options, namespace)) return true
  const refuse = (annotation: string, what: string): false => {
    const message = `Skipping Ingress: cross-provider ${what} reference is not allowed from namespace "${namespace}"`
    findings.error(annotationNamed(ingress, annotation), message, CROSS_PROVIDER)
    return false
  }
  if (middlewares.length > 0) return refuse('router.middlewares', 'middleware')
  return (tls?.options ?? '') === '' || refuse('router.tls.options', 'TLS option')
}

function addCertificates({ spec, builder, ...scope }: IngressScope): void {
  spec.tls.forEach(({ secretName }, at) => {
    addCertificate(scope, builder, secretName, `spec.tls[${at}].secretName`)
  })
}

/** Whether it could be made. */
function addDefault(scope: IngressScope): boolean {
  const { spec, annotations, builder } = scope
  const field = 'spec.defaultBackend'
  return attempt(scope, () => {
    const backend = serviceIn(spec.defaultBackend!, field, [
      'Resource is not supported for default backend',
      'Default backend is missing service definition',
    ])
    use(scope, DEFAULT_BACKEND, backend, field)
    // The reserved name of the syntax that every rule of Traefik 3 has.
    const router = { rule: 'PathPrefix("/")', ruleSyntax: 'default', priority: -(2 ** 31), service: DEFAULT_BACKEND }
    builder.add('http.routers', DEFAULT_ROUTER, { ...commonOf(scope, annotations), ...router }, field)
  })
}

/** A router, and what it is named after. */
interface Route {
  readonly key: string
  readonly router: HttpRouter & { readonly rule: string }
  readonly field: string
}

function addRouters(scope: IngressScope, isSound: (field: string) => boolean): void {
  const routes: Route[] = []
  scope.spec.rules.forEach((rule, at) => {
    rule?.http?.paths.forEach((path, index) => {
      const field = `spec.rules[${at}].http.paths[${index}]`
      if (path === undefined || !isSound(field) || !isSound(`spec.rules[${at}].host`)) return
      attempt(scope, () => void routes.push(routeOf(scope, rule.host, path, field)))
    })
  })
  const keys = new Map<string, number>()
  for (const { key } of routes) keys.set(key, (keys.get(key) ?? 0) + 1)
  for (const { key, router, field } of routes) {
    const name = keys.get(key) === 1 ? key : `${key}-${bytesToHex(sha256(utf8ToBytes(router.rule)).subarray(0, 10))}`
    scope.builder.add('http.routers', name, router, field)
  }
}

/** Throws `Unusable`. */
function routeOf(scope: IngressScope, host: string, path: IngressPath, field: string): Route {
  const { namespace, ingress, options, annotations, findings } = scope
  const backend = serviceIn(path.backend, `${field}.backend`, [
    'Resource backends are not supported',
    'Missing service definition',
  ])
  const service = normalize(`${namespace}-${backend.name}-${portText(backend)}`)
  use(scope, service, backend, `${field}.backend`)
  const rule = ruleOf(host, path, annotations, options, annotationNamed(ingress, 'router.pathmatcher'))
  if (rule === '') findings.warn(field, 'neither host nor path: the rule is empty', 'write path: / for all requests')
  const { ruleSyntax, priority } = annotations
  return {
    key: normalize(`${namespace}-${ingress.metadata.name}-${host}${path.path}`),
    field,
    router: {
      ...commonOf(scope, annotations),
      service,
      rule,
      ...(ruleSyntax === undefined ? {} : { ruleSyntax }),
      ...(priority === undefined ? {} : { priority }),
    },
  }
}

/** Throws `Unusable` for a backend that can't be used. @param name what its service is called */
function use({ world, namespace, services, told }: IngressScope, name: string, backend: BackendService, field: string) {
  const key = keyOf(backend)
  const first = services.get(name)
  if (first !== undefined && first.key !== key) {
    const message = `Name collision: service "${name}" is that of ${first.field} already`
    throw new Unusable(message, `${field}.service`, 'give the port of one of them another name')
  }
  checkBackend(world, namespace, key, `${field}.service`, told)
  services.set(name, { name, key, field })
}

/** What all routers of an Ingress have. */
const commonOf = (
  { namespace, ingress }: IngressScope,
  { entryPoints, middlewares, tls, observability }: RouterAnnotations,
) => ({
  ...(entryPoints === undefined ? {} : { entryPoints }),
  ...(middlewares === undefined ? {} : { middlewares }),
  ...(tls === undefined ? {} : { tls }),
  observability: {
    traceVerbosity: 'minimal',
    ...observability,
    metadata: { ingress: { namespace, name: ingress.metadata.name, kind: 'Ingress' } },
  },
})

/** Whether it could be made; why not is told. */
function attempt({ findings }: IngressScope, make: () => void): boolean {
  try {
    make()
    return true
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error(error.field, error.message, error.hint)
    return false
  }
}

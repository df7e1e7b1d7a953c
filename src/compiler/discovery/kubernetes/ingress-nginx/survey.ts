import type { BackendServer } from '../backends.ts'
import { type Finding, Findings } from '../findings.ts'
import type { IngressPath } from '../ingress/spec.ts'
import type { KubernetesObject } from '../objects.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { annotationField, type NginxAnnotations } from './annotations.ts'
import { type BackendService, portText, serversOf } from './backends.ts'
import { type CanaryChoice, canaryChoice } from './canary.ts'
import { type Claim, pathTypeOf } from './claim.ts'
import type { NginxOptions } from './options.ts'
import type { ClientAuth } from './tls.ts'

/** What all Ingresses together say of a host. */
export interface HostSurvey {
  /** One of its paths is an expression, so all of them are. */
  usesRegex: boolean
  /** The first one; empty: none. */
  serverSnippet: string
  /** It has a route for its bare root. */
  hasRoot: boolean
  /** The first one, which counts for the bare root; null: there is none. */
  appRoot: string | null
  /** The first path with an `app-root`, `locationId`: it takes the bare root where no path does. */
  rootTaker: string | null
  /** The first one: a connection asks for certificates before any path is known. */
  clientAuth: (ClientAuth & { readonly of: string }) | null
}

const UNKNOWN: HostSurvey = {
  usesRegex: false,
  serverSnippet: '',
  hasRoot: false,
  appRoot: null,
  rootTaker: null,
  clientAuth: null,
}

/** What a path of an Ingress is known by. */
export const locationId = (ingress: KubernetesObject, rule: number, path: number): string =>
  `${ingressKey(ingress)}/${rule}/${path}`

/** A part of the requests of a backend goes to another one. */
export interface Canary {
  readonly service: BackendService
  readonly choice: CanaryChoice
  readonly servers: readonly BackendServer[]
}

/** What Ingresses say that concerns others too (the first passes of Traefik's `build`). */
export interface Survey {
  readonly hosts: ReadonlyMap<string, HostSurvey>
  /** `namespace/name` of the Ingress that has it, by alias in lower case. */
  readonly aliases: ReadonlyMap<string, string>
  /** By `backendKey`. */
  readonly canaries: ReadonlyMap<string, Canary>
  /** Canary Ingresses that take requests: `namespace/name`. */
  readonly takers: ReadonlySet<string>
  /** What is found about canary Ingresses. */
  readonly findings: readonly Finding[]
}

/** What canaries are known by: the backend whose requests they share. */
export const backendKey = (namespace: string, backend: BackendService): string =>
  `${namespace}/${backend.name}/${portText(backend)}`

/** `namespace/name` */
export const ingressKey = ({ metadata: { namespace = '', name } }: KubernetesObject): string => `${namespace}/${name}`

/** A path of a regular Ingress, which canaries look for. */
interface ServedPath {
  readonly service: BackendService
  readonly annotations: NginxAnnotations
}

/** Whether a path takes the bare root, whatever its type. */
export const isRoot = (path: string): boolean => path === '' || path === '/'

const pathKey = (namespace: string, host: string, path: IngressPath): string =>
  JSON.stringify([namespace, host, path.path, pathTypeOf(path)])

/** Looks over all Ingresses. @param claims in the order in which they count */
export function surveyOf(claims: readonly Claim[], world: World, options: NginxOptions): Survey {
  const hosts = new Map<string, HostSurvey>()
  const aliases = new Map<string, string>()
  const paths = new Map<string, ServedPath>()
  for (const claim of claims) {
    if (claim.standing !== 'regular' && claim.standing !== 'passthrough') continue
    const { annotations, ingressSpec, ingress, isSound, toOthers } = claim
    const namespace = ingress.metadata.namespace ?? ''
    for (const alias of annotations['server-alias'] ?? []) {
      const lower = alias.toLowerCase()
      if (!aliases.has(lower)) aliases.set(lower, ingressKey(ingress))
    }
    const hasRegex = annotations['use-regex'] === true || (annotations['rewrite-target'] ?? '') !== ''
    for (const [at, { host, http }] of ingressSpec.rules.entries()) {
      let known = hosts.get(host)
      if (known === undefined) {
        known = { ...UNKNOWN }
        hosts.set(host, known)
      }
      known.usesRegex ||= hasRegex
      known.serverSnippet ||= annotations['server-snippet'] ?? ''
      known.appRoot ??= toOthers?.appRoot ?? null
      let hasRoutes = false
      if (ingressSpec.defaultBackend?.service !== undefined) known.hasRoot = hasRoutes = true
      for (const [index, path] of (http?.paths ?? []).entries()) {
        const { service } = path.backend
        if (service === undefined || !isSound(`spec.rules[${at}].http.paths[${index}]`)) continue
        paths.set(pathKey(namespace, host, path), { service, annotations })
        if (isRoot(path.path)) known.hasRoot = true
        hasRoutes = true
        if (toOthers?.appRoot != null && toOthers.hasPaths) known.rootTaker ??= locationId(ingress, at, index)
      }
      const auth = toOthers?.clientAuth ?? null
      if (auth !== null && hasRoutes && toOthers!.hasPaths) known.clientAuth ??= { ...auth, of: ingressKey(ingress) }
    }
  }
  return { hosts, aliases, ...canariesOf(claims, paths, world, options) }
}

function canariesOf(
  claims: readonly Claim[],
  paths: ReadonlyMap<string, ServedPath>,
  world: World,
  options: NginxOptions,
): Pick<Survey, 'canaries' | 'takers' | 'findings'> {
  const canaries = new Map<string, Canary>()
  const takers = new Set<string>()
  const taken = new Map<string, string>()
  const told: Finding[] = []
  for (const { ingress, annotations, ingressSpec, standing, isSound } of claims) {
    if (standing !== 'canary') continue
    const findings = new Findings(ingress)
    const namespace = ingress.metadata.namespace ?? ''
    const choice = canaryChoice(annotations, findings)
    for (const [at, { host, http }] of ingressSpec.rules.entries()) {
      for (const [index, path] of (http?.paths ?? []).entries()) {
        const field = `spec.rules[${at}].http.paths[${index}]`
        if (!isSound(field)) continue
        const key = pathKey(namespace, host, path)
        const served = paths.get(key)
        const where = `host=${host} path=${path.path}`
        if (served === undefined) {
          const hint = 'there must be an Ingress of the same namespace with this host, path and pathType'
          findings.error(field, `Canary ingress does not match any Ingress rule for ${where}`, hint)
          continue
        }
        const other = taken.get(key)
        if (other !== undefined) {
          findings.error(field, `A canary ingress is already matching Ingress rule ${where}`, `it is ${other}`)
          continue
        }
        const { service } = path.backend
        if (service === undefined) continue
        if (service.name === served.service.name && portText(service) === portText(served.service)) {
          const message = 'the backend is that of the Ingress whose requests it would share: it has no effect'
          findings.warn(`${field}.backend.service`, message, annotationField('canary'))
          continue
        }
        const servers = canaryServers(world, namespace, service, served.annotations, options, field, findings)
        if (servers.length === 0) continue
        taken.set(key, findings.item)
        takers.add(ingressKey(ingress))
        canaries.set(backendKey(namespace, served.service), { choice, service, servers })
      }
    }
    told.push(...findings.all)
  }
  return { canaries, takers, findings: told }
}

function canaryServers(
  world: World,
  namespace: string,
  service: BackendService,
  annotations: NginxAnnotations,
  options: NginxOptions,
  field: string,
  findings: Findings,
): readonly BackendServer[] {
  const at = `${field}.backend.service`
  try {
    const servers = serversOf(world, namespace, service, annotations, options, at)
    if (servers.length === 0)
      findings.warn(at, `no servers found for ${namespace}/${service.name}: it gets no requests`)
    return servers
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error(error.field, `${error.message}: it gets no requests`, error.hint)
    return []
  }
}

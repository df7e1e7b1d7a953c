import { atOnce, type Steps } from '../../../../http/steps.ts'
import type { Origin } from '../../../../plan/problem.ts'
import { Assembly } from '../assembly.ts'
import { type Finding, Findings, Suggestions } from '../findings.ts'
import { parseLabelSelector } from '../label-selector.ts'
import { KindWatch } from '../noted-world.ts'
import type { KubernetesObject } from '../objects.ts'
import { PartMemory } from '../part-memory.ts'
import { type ElementMap, type Part, PartBuilder } from '../parts.ts'
import { SelectedWorld } from '../selected-world.ts'
import { Unusable } from '../servers.ts'
import type { DerivedWithStatus, StatusUpdate } from '../status.ts'
import type { World } from '../world.ts'
import { emptyService } from './backends.ts'
import { type Claim, claimOf } from './claim.ts'
import { providerDefault } from './default-backend.ts'
import { DEFAULT_BACKEND } from './errors.ts'
import { HEADER_NAME } from './headers.ts'
import { deriveNginxPart, type NginxPart } from './ingress-part.ts'
import { type NginxOptions, OPTIONS } from './options.ts'
import { WAY_OUT } from './route-scope.ts'
import { UNAVAILABLE } from './routers.ts'
import { wantedStatus } from './status.ts'
import { ingressKey, type Survey, surveyOf } from './survey.ts'
import { SurveyWorld } from './survey-world.ts'

/**
 * What Ingresses with the annotations of ingress-nginx say (Traefik v3.7 `pkg/provider/kubernetes/ingress-nginx`), and
 * what their status should be. Each is read by itself, then all are looked over for what they say of one another, then
 * each is made into elements; what was made is kept for as long as it would come out the same.
 */
export class NginxDerivation {
  readonly #options: NginxOptions
  readonly #claims: PartMemory<Claim>
  readonly #parts: PartMemory<NginxPart>
  readonly #claimKinds = new KindWatch()
  readonly #partKinds = new KindWatch()
  readonly #selected: SelectedWorld | null
  readonly #surveyed = new SurveyWorld()
  readonly #suggestions: Suggestions
  readonly #ordered = new OrderedIngresses()
  /** What is wrong with the options themselves. */
  readonly #findings: readonly Finding[]
  #common: Part | null = null
  #assembly = new Assembly(WAY_OUT)

  /** @param isComplete whether the worlds will hold all that the cluster has */
  constructor(options: NginxOptions, isComplete = true) {
    this.#options = options
    const selector = options.watchNamespaceSelector ?? ''
    const parsed = selector === '' ? null : parseLabelSelector(selector)
    this.#selected = selector === '' ? null : new SelectedWorld(parsed ?? (() => false))
    this.#findings = optionFindings(options, selector !== '' && parsed === null)
    this.#suggestions = new Suggestions(isComplete)
    this.#claims = new PartMemory((object, world) => claimOf(object, world, options))
    this.#parts = new PartMemory((object, world, before) => deriveNginxPart(object, world, before, options))
  }

  /** Everything that the objects say. */
  derive(world: World): DerivedWithStatus {
    return atOnce(this.steps(world))
  }

  /** The same, with pauses in which the world stays as it is. */
  *steps(world: World): Steps<DerivedWithStatus> {
    this.#selected?.look(world)
    const base = this.#selected ?? world
    const ingresses = this.#ordered.of(base.list('Ingress'))
    const claims = yield* this.#claims.parts(ingresses, base, this.#claimKinds.look(base))
    const survey = surveyOf(claims, base, this.#options)
    this.#surveyed.look(base, claims, survey)
    const isAsBefore = this.#partKinds.look(this.#surveyed)
    this.#common = commonPart(base, this.#options, this.#common)
    const hasDefault = this.#common.elements.some(({ name }) => name === DEFAULT_BACKEND)
    const parts = withOneDefault(yield* this.#parts.parts(ingresses, this.#surveyed, isAsBefore), hasDefault)
    const assembly = new Assembly(WAY_OUT, this.#assembly)
    yield* assembly.add([this.#common, ...parts.map((part) => ({ ...part, isDefault: false }))])
    this.#assembly = assembly
    const { config, findings } = assembly.finish()
    const { status, findings: more } = wantedStatus(base, this.#options)
    const all = [...this.#findings, ...findings, ...survey.findings, ...more]
    return {
      config,
      problems: this.#suggestions.problems(all, base),
      statuses: status === null ? [] : statusesOf(ingresses, parts, survey, status),
    }
  }

  /** What an element of the last derivation was made of: `http`, `routers`, `shop-front-…`; null: there is none. */
  originOf(section: string, kind: string, name: string): Origin | null {
    return this.#assembly.originOf(`${section}.${kind}` as ElementMap, name)
  }
}

/** The same without a memory. */
export const deriveNginx = (world: World, options: NginxOptions): DerivedWithStatus =>
  new NginxDerivation(options).derive(world)

/** Ingresses in the order in which they count: the oldest first, those of one age backwards by namespace and name. */
class OrderedIngresses {
  #list: readonly KubernetesObject[] = []
  #ordered: readonly KubernetesObject[] = []

  of(list: readonly KubernetesObject[]): readonly KubernetesObject[] {
    if (list !== this.#list) {
      this.#list = list
      this.#ordered = list.slice().sort(byAge)
    }
    return this.#ordered
  }
}

function byAge(a: KubernetesObject, b: KubernetesObject): number {
  const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  if (first !== second) return first < second ? -1 : 1
  return ingressKey(a) > ingressKey(b) ? -1 : 1
}

/** What there is without any Ingress. */
function commonPart(world: World, options: NginxOptions, before: Part | null): Part {
  const findings = new Findings({ apiVersion: '', kind: 'option', metadata: { name: OPTIONS } })
  const builder = new PartBuilder(findings, WAY_OUT)
  builder.add('http.services', UNAVAILABLE, emptyService, '')
  const told: Finding[] = []
  try {
    const found = providerDefault(world, options)
    if (found !== null) {
      builder.add('http.services', DEFAULT_BACKEND, found.service, '')
      for (const [name, router] of Object.entries(found.routers)) builder.add('http.routers', name, router, '')
    }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const message = `Cannot resolve default backend service: ${error.message}`
    told.push({ severity: 'error', message, item: OPTIONS, field: 'defaultBackendService', hint: error.hint })
  }
  return { ...builder.build(before, false, told), item: OPTIONS }
}

/** The first Ingress without rules is the default one; what others say to it is told. @param hasDefault the provider names one */
function withOneDefault(parts: readonly NginxPart[], hasDefault: boolean): readonly NginxPart[] {
  const first = hasDefault ? undefined : parts.find(({ isDefault }) => isDefault)
  return parts.map((part) => {
    if (!part.isDefault) return part
    if (part === first) return { ...part, isServed: true }
    const finding: Finding = {
      severity: 'warning',
      message: 'there is a default backend already: this one gets no requests',
      item: part.item,
      field: 'spec.defaultBackend',
      hint: first === undefined ? `it is the option ${OPTIONS}.defaultBackendService` : `it is that of ${first.item}`,
    }
    return { ...part, elements: [], findings: [...part.findings, finding] }
  })
}

const statusesOf = (
  ingresses: readonly KubernetesObject[],
  parts: readonly NginxPart[],
  { takers }: Survey,
  status: StatusUpdate['status'],
): StatusUpdate[] =>
  ingresses.flatMap((object, at) => (parts[at]!.isServed || takers.has(ingressKey(object)) ? { object, status } : []))

function optionFindings(options: NginxOptions, isBadSelector: boolean): Finding[] {
  const findings: Finding[] = []
  const tell = (severity: 'error' | 'warning', field: string, message: string, hint: string | null): void => {
    findings.push({ severity, message, item: OPTIONS, field, hint })
  }
  if (isBadSelector) {
    const message = `${JSON.stringify(options.watchNamespaceSelector)} is no selector of labels: no namespace is watched`
    tell('error', 'watchNamespaceSelector', message, 'it is written like "team=a,stage in (test,live)"')
  }
  for (const name of options.globalAllowedResponseHeaders ?? []) {
    if (HEADER_NAME.test(name)) continue
    const message = `${JSON.stringify(name)} is no name of a header: it is ignored`
    tell('warning', 'globalAllowedResponseHeaders', message, 'letters, digits, dashes and underscores')
  }
  return findings
}

import type { Steps } from '../../../../http/steps.ts'
import type { Finding } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import type { Part } from '../parts.ts'
import { CONTROLLER, type Condition, condition, fails, holds, type Verdict } from './conditions.ts'
import { HostnameHolders } from './hostname-holders.ts'
import type { BuiltRouter } from './read-route.ts'
import type { Attachment, ParentPart, RoutePart } from './route-part.ts'

/** A route, and what it wants. */
export interface Candidate {
  readonly object: KubernetesObject
  readonly part: RoutePart
}

/** A route, and what it gets. */
export interface SettledRoute {
  readonly object: KubernetesObject
  readonly part: Part
  /** One for each reference to a Gateway of ours. */
  readonly parents: readonly ParentStatus[]
  /** Listeners that it is attached to: `namespace/gateway/listener`. */
  readonly attached: readonly string[]
  /** Gateways that it is served by: `namespace/name`. */
  readonly gateways: readonly string[]
  /** Entry points that it is served on. */
  readonly entryPoints: readonly string[]
  /** Policies that count for it: `namespace/name`. */
  readonly policies: readonly string[]
}

/** What the status of a route says of one of its parents. */
export interface ParentStatus {
  readonly parentRef: unknown
  readonly controllerName: string
  readonly conditions: readonly Condition[]
}

interface Claim {
  readonly item: string
  readonly router: BuiltRouter
}

/** What a route gets where nobody stands in its way, for as long as it is as it is. */
interface Plain {
  readonly object: KubernetesObject
  readonly settled: SettledRoute
}

/**
 * What routes get of what they want. Where several take the same requests the oldest one has them (Traefik 3.7.15); and
 * an HTTPRoute and a GRPCRoute may not share a host name at a listener.
 */
export class Settlement {
  /** Who has a rule at an entry point. */
  readonly #claims = new Map<string, Claim>()
  /** Who has which host names, by kind of route and listener. */
  readonly #hostnames = new Map<string, HostnameHolders>()
  readonly #plain = new WeakMap<RoutePart, Plain>();

  /**
   * Begins anew each time.
   * @returns in the order of the candidates; one of which nothing changed is the same object
   */
  *settle(candidates: readonly Candidate[]): Steps<readonly SettledRoute[]> {
    this.#claims.clear()
    this.#hostnames.clear()
    const settled = new Map<Candidate, SettledRoute>()
    for (const candidate of [...candidates].sort(byAge)) {
      settled.set(candidate, this.#one(candidate))
      yield
    }
    return candidates.map((candidate) => settled.get(candidate)!)
  }

  #one({ object, part }: Candidate): SettledRoute {
    const kept = new Set<string>()
    const findings: Finding[] = []
    let isPlain = true
    const admitted = part.parents.map((parent) => {
      const { accepted, conflict } = this.#admit(part, parent)
      if (conflict !== null || !accepted.some(({ isServed }) => isServed)) isPlain = false
      for (const { isServed, routers } of accepted) {
        if (!isServed) continue
        for (const router of routers) if (!this.#claim(part.item, router, kept, findings)) isPlain = false
      }
      return { parent, accepted, conflict }
    })
    const before = this.#plain.get(part)
    if (isPlain && before?.object === object) return before.settled
    const settled = settledRoute(object, part, admitted, kept, findings)
    if (isPlain) this.#plain.set(part, { object, settled })
    return settled
  }

  /** The attachments that no route of the other kind stands in the way of. */
  #admit({ kind, item }: RoutePart, { attachments }: ParentPart): Pick<Admitted, 'accepted' | 'conflict'> {
    if (kind !== 'HTTPRoute' && kind !== 'GRPCRoute') return { accepted: attachments, conflict: null }
    const other = kind === 'HTTPRoute' ? 'GRPCRoute' : 'HTTPRoute'
    let conflict: Verdict | null = null
    const accepted = attachments.filter(({ listener, hostnames }) => {
      const before = this.#hostnames.get(`${other} ${listener}`)?.holderOf(hostnames) ?? null
      if (before !== null) {
        conflict = fails(
          'HostnameConflict',
          `${before} is older and has host names of this route at listener ${listener}`,
        )
        return false
      }
      const key = `${kind} ${listener}`
      let holders = this.#hostnames.get(key)
      if (holders === undefined) {
        holders = new HostnameHolders()
        this.#hostnames.set(key, holders)
      }
      holders.add(hostnames, item)
      return true
    })
    return { accepted, conflict }
  }

  /** Whether it is had as it is wanted. */
  #claim(item: string, router: BuiltRouter, kept: Set<string>, findings: Finding[]): boolean {
    const before = this.#claims.get(router.key)
    if (before === undefined) {
      this.#claims.set(router.key, { item, router })
      kept.add(router.name)
      return true
    }
    if (before.router.name === router.name) return true
    // Of one rule that comes in by several Gateways there is one router.
    if (before.item === item && before.router.field === router.field) return false
    findings.push({
      severity: 'warning',
      message: `no router is made for the rule ${router.rule}: it is taken on the same entry point`,
      item,
      field: router.field,
      hint: `${before.item}, ${before.router.field}, is older and has it`,
    })
    return false
  }
}

interface Admitted {
  readonly parent: ParentPart
  readonly accepted: readonly Attachment[]
  readonly conflict: Verdict | null
}

function settledRoute(
  object: KubernetesObject,
  part: RoutePart,
  admitted: readonly Admitted[],
  kept: ReadonlySet<string>,
  findings: Finding[],
): SettledRoute {
  const attached = new Set<string>()
  const gateways = new Set<string>()
  const entryPoints = new Set<string>()
  const parents = admitted.map(({ parent, accepted, conflict }) => {
    for (const { listener, isServed, entryPoint } of accepted) {
      attached.add(listener)
      if (!isServed) continue
      gateways.add(parent.gateway)
      entryPoints.add(entryPoint)
    }
    const isServed = accepted.some((attachment) => attachment.isServed)
    const verdict = isServed ? holds('Accepted') : (conflict ?? parent.refusal)
    if (!isServed) findings.push(notAttached(part, parent, verdict, conflict !== null))
    return { parentRef: parent.parentRef, controllerName: CONTROLLER, conditions: conditionsOf(object, part, verdict) }
  })
  return {
    object,
    part: served(part, kept, findings),
    parents,
    attached: [...attached],
    gateways: [...gateways],
    entryPoints: [...entryPoints],
    policies: part.policies,
  }
}

function notAttached({ item }: Part, { field, hint }: ParentPart, { message }: Verdict, isConflict: boolean): Finding {
  return {
    severity: 'warning',
    message: `the route is not attached: ${message}`,
    item,
    field,
    hint: isConflict ? 'give one of them another host name, or another listener' : hint,
  }
}

/** The part without the routers that it does not get, and what they need. */
function served(part: RoutePart, kept: ReadonlySet<string>, findings: readonly Finding[]): Part {
  const all = new Set(part.parents.flatMap(({ attachments }) => attachments.flatMap(({ routers }) => names(routers))))
  const lost = [...all].filter((name) => !kept.has(name))
  if (lost.length === 0 && findings.length === 0) return part
  const isLost = (name: string): boolean => lost.some((router) => name === router || name.startsWith(`${router}-`))
  return {
    ...part,
    elements: lost.length === 0 ? part.elements : part.elements.filter(({ name }) => !isLost(name)),
    findings: [...part.findings, ...findings],
  }
}

const names = (routers: readonly BuiltRouter[]): readonly string[] => routers.map(({ name }) => name)

function conditionsOf(
  route: KubernetesObject,
  { refFault, valueFault, isWhollyInvalid }: RoutePart,
  attached: Verdict,
): readonly Condition[] {
  const accepted = attached.isTrue && valueFault !== null && isWhollyInvalid ? valueFault : attached
  return [
    condition(route, 'Accepted', accepted),
    condition(route, 'ResolvedRefs', refFault ?? holds('ResolvedRefs')),
    ...(valueFault === null || isWhollyInvalid
      ? []
      : [condition(route, 'PartiallyInvalid', { ...valueFault, isTrue: true })]),
  ]
}

function byAge({ object: { metadata: a } }: Candidate, { object: { metadata: b } }: Candidate): number {
  return (
    compare(a.creationTimestamp ?? '', b.creationTimestamp ?? '') ||
    compare(a.namespace ?? '', b.namespace ?? '') ||
    compare(a.name, b.name)
  )
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

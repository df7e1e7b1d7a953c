import { Findings, titleOf } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import { readSpec } from '../spec.ts'
import type { World } from '../world.ts'
import { CONTROLLER, type Condition, condition, fails, holds } from './conditions.ts'
import { type JudgedListener, judgeListener, type ListenerScope } from './judged-listener.ts'
import type { Listener } from './listener.ts'
import type { GatewayOptions } from './options.ts'
import { gatewaySpec, type ListenerSpec } from './specs.ts'

/** What to do about several elements of one name. */
export const WAY_OUT = 'attach the route to one of the listeners of that port: sectionName'

/** What a Gateway brings. */
export interface GatewayPart extends Part {
  /** Null: it is not ours. */
  readonly listeners: readonly ListenerState[] | null
  readonly conditions: readonly Condition[]
}

/** A listener, and what its status says but for the number of routes. */
export interface ListenerState {
  readonly listener: Listener
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[]
  readonly conditions: readonly Condition[]
}

/** @param before what the object brought as it was */
export function deriveGateway(
  gateway: KubernetesObject,
  world: World,
  before: Part | null,
  options: GatewayOptions,
): GatewayPart {
  const findings = new Findings(gateway)
  const builder = new PartBuilder(findings, WAY_OUT)
  if (!isOurs(gateway, world, options)) return { ...builder.build(before), listeners: null, conditions: [] }
  const { value: spec, isSound } = readSpec(gatewaySpec, gateway, findings)
  if (spec.addresses.length > 0) {
    findings.warn(
      'spec.addresses',
      'addresses can’t be chosen',
      'the provider’s option statusAddress says what they are',
    )
  }
  const namespace = gateway.metadata.namespace ?? ''
  const scope: ListenerScope = { world, namespace, findings, options, builder, taken: new Map() }
  const listeners = spec.listeners.flatMap((listener: ListenerSpec | undefined, at) => {
    const field = `spec.listeners[${at}]`
    if (listener === undefined || !isSound(field)) return []
    return [stateOf(gateway, judgeListener(scope, listener, field))]
  })
  return { ...builder.build(before), listeners, conditions: conditionsOf(gateway, listeners) }
}

/** Whether a Gateway is of a class of ours, and one of those that the options name. */
export function isOurs({ spec, metadata }: KubernetesObject, world: World, options: GatewayOptions): boolean {
  const { gateways = [], isPartial = false } = options
  const { namespace = '', name } = metadata
  if (gateways.length > 0 && !gateways.some((one) => one.name === name && one.namespace === namespace)) return false
  const { gatewayClassName } = (spec ?? {}) as { readonly gatewayClassName?: unknown }
  if (typeof gatewayClassName !== 'string') return false
  const gatewayClass = world.get('GatewayClass', '', gatewayClassName)
  return gatewayClass === null ? isPartial : controllerOf(gatewayClass) === CONTROLLER
}

export const controllerOf = (gatewayClass: KubernetesObject | null): unknown =>
  (gatewayClass?.spec as { readonly controllerName?: unknown } | undefined)?.controllerName

function stateOf(gateway: KubernetesObject, judged: JudgedListener): ListenerState {
  const { listener, supportedKinds, accepted, resolved, conflicted } = judged
  const isGood = accepted.isTrue && resolved.isTrue && !conflicted.isTrue
  const programmed = isGood
    ? holds('Programmed', 'No error found')
    : fails('Invalid', 'the listener is not served: see its other conditions')
  return {
    listener,
    supportedKinds,
    conditions: [
      condition(gateway, 'Accepted', accepted),
      condition(gateway, 'ResolvedRefs', resolved),
      condition(gateway, 'Programmed', programmed),
      condition(gateway, 'Conflicted', conflicted),
    ],
  }
}

/** It is accepted while anything of it is served, and says which listeners are not. */
function conditionsOf(gateway: KubernetesObject, listeners: readonly ListenerState[]): readonly Condition[] {
  const served = listeners.filter(({ listener }) => listener.isServed)
  const others = listeners.filter(({ listener }) => !listener.isServed).map(({ listener }) => listener.name)
  const scheduled = 'Gateway successfully scheduled'
  if (listeners.length > 0 && others.length === 0) {
    return [
      condition(gateway, 'Accepted', holds('Accepted', scheduled)),
      condition(gateway, 'Programmed', holds('Programmed', scheduled)),
    ]
  }
  const message = others.length === 0 ? `${titleOf(gateway)} has no listeners` : `not served: ${others.join(', ')}`
  if (served.length === 0) {
    return [
      condition(gateway, 'Accepted', fails('ListenersNotValid', message)),
      condition(gateway, 'Programmed', fails('Invalid', message)),
    ]
  }
  return [
    condition(gateway, 'Accepted', holds('ListenersNotValid', message)),
    condition(gateway, 'Programmed', holds('Programmed', message)),
  ]
}

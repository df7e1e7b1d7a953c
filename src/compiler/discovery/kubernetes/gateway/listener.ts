import type { KubernetesObject } from '../objects.ts'
import type { RouteKind } from './options.ts'

/** A listener of a Gateway, as routes are attached to it. */
export interface Listener {
  readonly name: string
  readonly port: number
  readonly protocol: string
  /** Null: all. */
  readonly hostname: string | null
  readonly isPassthrough: boolean
  /** Empty: there is none for it. */
  readonly entryPoint: string
  /** Null: all. */
  readonly namespaces: readonly string[] | null
  readonly kinds: readonly RouteKind[]
  /** Whether what is attached is served. */
  readonly isServed: boolean
  /** How far it goes before other TLS listeners of its entry point; 0: it comes last. */
  readonly rank: number
}

/** Name of this kind in a `GatewayWorld`. */
export const LISTENERS = 'GatewayListeners'

/** The listeners of a Gateway: the same object for as long as they are as they are. */
export interface GatewayListeners extends KubernetesObject {
  /** Null: the Gateway is none of ours. */
  readonly listeners: readonly Listener[] | null
}

/** Whether a listener takes routes of a kind from a namespace. */
export const takes = ({ kinds, namespaces }: Listener, kind: RouteKind, namespace: string): boolean =>
  kinds.includes(kind) && (namespaces === null || namespaces.includes(namespace))

/**
 * The host names that a listener and a route have in common, the narrower ones (Traefik `findMatchingHostnames`). Null:
 * there are none; an empty list: all.
 */
export function commonHostnames(listener: string | null, route: readonly string[]): readonly string[] | null {
  if (listener === null) return route
  if (route.length === 0) return [listener]
  const common = route.flatMap((hostname) => narrower(listener, hostname) ?? narrower(hostname, listener) ?? [])
  return common.length === 0 ? null : [...new Set(common)].sort()
}

/** The second one where the first one takes it. */
const narrower = (wide: string, narrow: string): string | null => {
  if (wide === narrow) return narrow
  return wide.startsWith('*.') && narrow.endsWith(wide.slice(1)) ? narrow : null
}

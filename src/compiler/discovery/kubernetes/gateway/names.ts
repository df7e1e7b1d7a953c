import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { normalize } from '../../normalize.ts'
import type { RouteKind } from './options.ts'

/** A rule of a route, at a listener. */
export interface RulePlace {
  readonly kind: RouteKind
  readonly namespace: string
  readonly name: string
  readonly gatewayNamespace: string
  readonly gateway: string
  readonly entryPoint: string
  readonly index: number
}

/**
 * Name of the router for a match (Traefik `makeRouterName`): the hash keeps places apart that look the same without
 * their signs.
 * @param rule empty: every connection is taken
 */
export function routerName(place: RulePlace, rule: string): string {
  const { kind, namespace, name, gatewayNamespace, gateway, entryPoint, index } = place
  const shown = `${kind.toLowerCase()}-${namespace}-${name}-gw-${gatewayNamespace}-${gateway}-ep-${entryPoint}-${index}`
  const hashed = [namespace, name, gatewayNamespace, gateway, entryPoint, String(index)]
    .map((part) => `${utf8ToBytes(part).length}:${part}`)
    .join('')
  return `${normalize(shown)}-${bytesToHex(sha256(utf8ToBytes(hashed + rule)).subarray(0, 10))}`
}

/** Name of the service of a backend. @param index its place among those of the rule */
export const serviceName = (router: string, namespace: string, name: string, index: number): string =>
  `${router}-svc-${namespace}-${name}-${index}`

/** Name of the middleware of a filter. @param parent router or service that has it */
export const filterName = (parent: string, type: string, index: number): string =>
  `${parent}-${type.toLowerCase()}-${index}`

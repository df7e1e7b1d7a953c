import type { Hint } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import type { PartBuilder } from '../parts.ts'
import type { ObjectScope } from '../scope.ts'
import { Unusable } from '../servers.ts'
import type { GatewayOptions, RouteKind } from './options.ts'

/** What the derivation of a route works with. */
export interface RouteScope extends ObjectScope {
  readonly kind: RouteKind
  readonly route: KubernetesObject
  readonly options: GatewayOptions
  readonly builder: PartBuilder
  /** Names of the routers that are built: of two of one name the first one counts. */
  readonly routers: Set<string>
  /** Policies that count for its backends: `namespace/name`. */
  readonly policies: Set<string>
}

/** Why a reference of a route leads nowhere. */
export class RefFault extends Unusable {
  /** Of the condition `ResolvedRefs`. */
  readonly reason: string

  constructor(reason: string, message: string, field: string, hint: Hint | null = null) {
    super(message, field, hint)
    this.reason = reason
  }
}

/** A value that is not supported. */
export class ValueFault extends Unusable {}

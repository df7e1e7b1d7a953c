import type { SecretPlan } from './secrets.ts'
import { isRecord } from './signed-line.ts'

/**
 * What linking would find out by going over all elements of a plan, worked out where the plan is published. It holds for
 * workers of one version: others go over the elements themselves.
 */
export interface PlanGuide {
  /** `VERSION` of who has worked it out. */
  readonly worker: string
  readonly wanted: WantedKinds
  /** Whether a rule or a middleware has a regular expression. */
  readonly hasExpressions: boolean
  /** Services `NAME@internal` that something names. */
  readonly internal: readonly string[]
  /** References of all elements. */
  readonly secrets: readonly SecretPlan[]
  /** Of large plans, whose elements are read when they are needed; absent: they are read at once. */
  readonly index?: IndexGuide
}

/** The kinds that a plan names, and how much of them it needs. */
export interface WantedKinds {
  readonly middlewares: readonly string[]
  readonly services: readonly string[]
  /** No load balancer has anything to balance. */
  readonly standsAlone: boolean
  /** What else linking it takes. */
  readonly parts: readonly WantedPart[]
}

/**
 * What few plans need: time limits of routers, requests that come back, routers below others, services `NAME@internal` (where something may name
 * one), references to secrets, matchers that not every runtime has from the start, ranges of trusted peers.
 */
export type WantedPart =
  | 'withTimeouts'
  | 'refusingReturns'
  | 'tree'
  | 'internalService'
  | 'withSecrets'
  | 'matchers'
  | 'createIpMatcher'

/** What finds the routers of a large plan. A position is a router's place in the order in which they are tried. */
export interface IndexGuide {
  /** Lines of each section of the content (`lined.ts`). */
  readonly lines: { readonly [S in (typeof LINED)[number]]: number }
  /** Positions of routers whose rules may match any host. */
  readonly anywhere: readonly number[]
  /** Positions of routers that are linked before the first request. */
  readonly eager: readonly number[]
}

/** Sections with an element a line; `hosts`: positions by name, or by `*.` and the tail of a wildcard. */
export const LINED = ['routers', 'middlewares', 'services', 'hosts'] as const

/**
 * Null: it is none, or is for workers of another version. What one's own version has signed is as it should be, but for
 * guides from before there were parts.
 * @param worker the own version
 */
export const parseGuide = (value: unknown, worker: string): PlanGuide | null =>
  isRecord(value) && value.worker === worker && (value.wanted as WantedKinds).parts
    ? (value as unknown as PlanGuide)
    : null

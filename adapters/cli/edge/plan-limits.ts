import { gzipSync } from 'node:zlib'
import { splitDefinitions } from '../../../src/plan/definitions.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { readFirst } from '../../../src/runtime/linking/guidance.ts'
import type { Tier } from './shared-flags.ts'

/** What a plan takes of what an isolate has. */
export interface LimitUse {
  readonly what: 'value in KV' | 'memory of an isolate' | 'CPU of the first request'
  readonly used: number
  readonly limit: number
  readonly unit: 'MB' | 'ms'
}

const MB = 1e6
const VALUE_MB = (25 * 1024 * 1024) / MB
const MEMORY_MB = 128
const CPU_MS = { free: 10, paid: 30_000 } as const

/** What the worker takes without a plan. */
const BASE = { memory: 15, cpu: 5 }

/** Megabytes of a plan in memory for one of its JSON: the text, and what is made of it. */
const MEMORY_PER_MB = 3

/** Megabytes of a linked element, its middlewares included, as all are once requests have come for all of them. */
const MEMORY_OF_ELEMENT = 0.0026

/**
 * Milliseconds to inflate a megabyte of JSON and look through it, and to read a router and put it where it is found, in
 * an isolate that has just begun (`bench/edge/cold.mjs`).
 */
const CPU_PER_MB = 5
const CPU_OF_ROUTER = 0.035

/** From this share on of a limit people are warned, at 1 a plan is refused. */
export const WARNING_SHARE = 0.5

/** What a plan takes of the limits of an account: the value is measured, the rest is estimated from its size. */
export function limitUses(plan: Plan, tier: Tier): readonly LimitUse[] {
  const json = Buffer.from(JSON.stringify(splitDefinitions(plan).plan))
  const size = json.length / MB
  const routers = Object.keys(plan.routers).length
  const elements = routers + Object.keys(plan.services).length
  return [
    { what: 'value in KV', used: gzipSync(json).length / MB, limit: VALUE_MB, unit: 'MB' },
    {
      what: 'memory of an isolate',
      used: BASE.memory + size * MEMORY_PER_MB + elements * MEMORY_OF_ELEMENT,
      limit: MEMORY_MB,
      unit: 'MB',
    },
    {
      what: 'CPU of the first request',
      used: BASE.cpu + size * CPU_PER_MB + readFirst(plan) * CPU_OF_ROUTER,
      limit: CPU_MS[tier],
      unit: 'ms',
    },
  ]
}

/** `memory of an isolate: about 79 of 128 MB (62 %)` */
export function describeUse({ what, used, limit, unit }: LimitUse): string {
  const amount = used < 10 ? used.toFixed(1) : String(Math.round(used))
  return `${what}: about ${amount} of ${Math.round(limit)} ${unit} (${Math.round((used / limit) * 100)} %)`
}

import type { Plan } from './plan.ts'
import { isRecord } from './signed-line.ts'

/** Elements of a kind: an isolate has 128 MB for everything. */
const MOST_ELEMENTS = 50_000

/** The sections of a plan, and the lists that every element in them has: linking goes over them. */
const SECTIONS = {
  entryPoints: [],
  routers: ['entryPoints', 'middlewares', 'parents', 'errors', 'warnings'],
  middlewares: ['errors', 'warnings'],
  services: ['middlewares', 'errors', 'warnings'],
  serversTransports: [],
} as const

const PRIORITY = /^-?\d{1,20}$/

/**
 * Why a plan is none that could be served, as people read it; null: it is whole.
 * @param mayBeEmpty whether a plan without routers is one
 */
export function flawOf(plan: Plan, mayBeEmpty: boolean): string | null {
  for (const [section, lists] of Object.entries(SECTIONS)) {
    const flaw = flawIn(section, plan[section as keyof typeof SECTIONS], lists)
    if (flaw !== null) return flaw
  }
  if (!isRecord(plan.tls) || !Array.isArray(plan.precedence)) return 'the plan is not complete'
  for (const name in plan.routers) {
    if (!PRIORITY.test(plan.routers[name]!.priority)) return 'a router of the plan has no priority'
  }
  return mayBeEmpty || Object.keys(plan.routers).length > 0 ? null : 'the plan has no routers'
}

function flawIn(section: string, elements: unknown, lists: readonly string[]): string | null {
  if (!isRecord(elements)) return `the plan has no ${section}`
  let count = 0
  for (const name in elements) {
    const element = elements[name]
    if (!isRecord(element)) return `${section} of the plan holds something that is no element`
    for (const list of lists) {
      if (!Array.isArray(element[list])) return `${section} of the plan holds an element that is not complete`
    }
    if (++count > MOST_ELEMENTS) return `the plan has more than ${MOST_ELEMENTS} ${section}`
  }
  return null
}

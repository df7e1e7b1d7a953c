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

type Section = keyof typeof SECTIONS

const PRIORITY = /^-?\d{1,20}$/

/**
 * Why a plan is none that could be served, as people read it; null: it is whole.
 * @param mayBeEmpty whether a plan without routers is one
 */
export function flawOf(plan: Plan, mayBeEmpty: boolean): string | null {
  for (const section of Object.keys(SECTIONS) as Section[]) {
    const flaw = flawIn(section, plan[section])
    if (flaw !== null) return flaw
  }
  if (!isRecord(plan.tls) || !Array.isArray(plan.precedence)) return 'the plan is not complete'
  for (const name in plan.routers) {
    if (!PRIORITY.test(plan.routers[name]!.priority)) return 'a router of the plan has no priority'
  }
  return mayBeEmpty || Object.keys(plan.routers).length > 0 ? null : 'the plan has no routers'
}

function flawIn(section: Section, elements: unknown): string | null {
  if (!isRecord(elements)) return `the plan has no ${section}`
  let count = 0
  for (const name in elements) {
    const flaw = flawOfElement(section, elements[name])
    if (flaw !== null) return flaw
    if (++count > MOST_ELEMENTS) return `the plan has more than ${MOST_ELEMENTS} ${section}`
  }
  return null
}

/** The same for one of its elements. */
export function flawOfElement(section: Section, element: unknown): string | null {
  return isRecord(element) && SECTIONS[section].every((list) => Array.isArray(element[list]))
    ? null
    : `${section} of the plan holds an element that is not complete`
}

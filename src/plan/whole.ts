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
    const flaw = flawOfElement(section, elements[name], lists)
    if (flaw !== null) return flaw
    if (++count > MOST_ELEMENTS) return tooMany(section)
  }
  return null
}

const tooMany = (section: string): string => `the plan has more than ${MOST_ELEMENTS} ${section}`

function flawOfElement(section: string, element: unknown, lists: readonly string[]): string | null {
  if (!isRecord(element)) return `${section} of the plan holds something that is no element`
  return lists.every((list) => Array.isArray(element[list]))
    ? null
    : `${section} of the plan holds an element that is not complete`
}

/** The same for an element that is read by itself. */
export const flawOfOne = (section: keyof typeof SECTIONS, element: unknown): string | null =>
  flawOfElement(section, element, SECTIONS[section])

/** The same for elements of which there are so many. */
export const flawOfCount = (section: string, count: number): string | null =>
  count > MOST_ELEMENTS ? tooMany(section) : null

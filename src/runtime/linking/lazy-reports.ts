import type { ElementPlan } from '../../plan/plan.ts'
import { ElementReport, type ReportsOf } from '../report.ts'

/** Reports of elements, each made when somebody asks for it: a large plan is not read for them. */
export const lazyReports: ReportsOf = (plans) => new LazyReports(plans)

class LazyReports<P extends ElementPlan> implements ReadonlyMap<string, ElementReport<P>> {
  readonly #plans: Readonly<Record<string, P>>
  #made = new Map<string, ElementReport<P>>()
  #isWhole = false

  constructor(plans: Readonly<Record<string, P>>) {
    this.#plans = plans
  }

  get(name: string): ElementReport<P> | undefined {
    const made = this.#made.get(name)
    if (made !== undefined || this.#isWhole || !Object.hasOwn(this.#plans, name)) return made
    const report = new ElementReport(name, this.#plans[name]!)
    this.#made.set(name, report)
    return report
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  get size(): number {
    return this.#all().size
  }

  forEach(
    look: (report: ElementReport<P>, name: string, reports: ReadonlyMap<string, ElementReport<P>>) => void,
  ): void {
    for (const [name, report] of this.#all()) look(report, name, this)
  }

  entries(): MapIterator<[string, ElementReport<P>]> {
    return this.#all().entries()
  }

  keys(): MapIterator<string> {
    return this.#all().keys()
  }

  values(): MapIterator<ElementReport<P>> {
    return this.#all().values()
  }

  [Symbol.iterator](): MapIterator<[string, ElementReport<P>]> {
    return this.#all().entries()
  }

  /** In the order of the plan. */
  #all(): ReadonlyMap<string, ElementReport<P>> {
    if (!this.#isWhole) {
      this.#made = new Map(
        Object.entries(this.#plans).map(([name, plan]) => [
          name,
          this.#made.get(name) ?? new ElementReport(name, plan),
        ]),
      )
      this.#isWhole = true
    }
    return this.#made
  }
}

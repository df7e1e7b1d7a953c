import { toJson } from './json.ts'
import type { View } from './views.ts'

type States<R> = (report: R) => View | undefined

const none = () => undefined

/**
 * Elements as one path of the API shows them. A report is final once its snapshot is linked, so what is fixed of an
 * element is made once, when somebody first asks; only the states of servers are asked for each time.
 */
export class Shown<R extends object> {
  readonly #view: (report: R, states: States<R>) => View
  readonly #states: States<R>
  readonly #fixed = new WeakMap<R, View>()
  readonly #texts = new WeakMap<R, string>()

  /**
   * @param view everything, with the given `serverStatus` as its last key
   * @param states the present `serverStatus`
   */
  constructor(view: (report: R, states: States<R>) => View, states: States<R> = none) {
    this.#view = view
    this.#states = states
  }

  /** Everything but the states of servers: what lists are searched and sorted by. */
  fixed(report: R): View {
    let view = this.#fixed.get(report)
    if (view === undefined) {
      view = this.#view(report, none)
      this.#fixed.set(report, view)
    }
    return view
  }

  /** The whole element as JSON. */
  text(report: R): string {
    let text = this.#texts.get(report)
    if (text === undefined) {
      text = toJson(this.fixed(report))
      this.#texts.set(report, text)
    }
    const states = this.#states(report)
    // Every element has a status, so there is always a key in front.
    return states === undefined ? text : `${text.slice(0, -1)},"serverStatus":${toJson(states)}}`
  }
}

import { differences } from '../compare.mjs'
import { evenOut } from './exchange.mjs'
import { KnownDifferences, printDifferences } from './known.mjs'

/** What two proxies make of the same requests, but for what is known to differ. */
export class Comparison {
  #known
  #names
  #count = 0
  #unknown = 0

  /**
   * @param {string} file of what is known to differ
   * @param {readonly [reference: string, other: string]} names of the two
   */
  constructor(file, names) {
    this.#known = new KnownDifferences(file)
    this.#names = names
  }

  /** Whether there was no difference but known ones. */
  get isEqual() {
    return this.#unknown === 0
  }

  /**
   * Compares what came of one request, and says what differs.
   * @param {string} where it happened
   * @param {{ text: string, configuration: object }} circumstances
   */
  add(where, circumstances, reference, other) {
    this.#count++
    evenOut(reference.answer, other.answer)
    const found = differences(reference, other).filter((one) => !this.#known.has(one, circumstances))
    if (found.length === 0) return
    this.#unknown++
    printDifferences(`${where}: ${JSON.stringify(circumstances.text)}`, found, this.#names)
  }

  /** Says how often what is known occurred, and how many requests in how many worlds differed. */
  conclude(worlds) {
    this.#known.print()
    console.log(`${this.#count} requests in ${worlds} worlds, ${this.#unknown} differences`)
  }
}

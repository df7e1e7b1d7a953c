import { readFileSync } from 'node:fs'
import { differences } from '../compare.mjs'

/** What two proxies make of the same requests, but for what is known to differ. */
export class Comparison {
  #known
  #names
  #count = 0
  #unknown = 0

  /**
   * @param {string} file of what is known to differ: a list of `path` (of the difference), `why`, and conditions, all
   *   but `why` regular expressions: `if` (of the difference), `request`, `configuration` (of their texts)
   * @param {readonly [reference: string, other: string]} names of the two
   */
  constructor(file, names) {
    this.#known = JSON.parse(readFileSync(file, 'utf8')).map((entry) => ({
      ...entry,
      path: new RegExp(entry.path),
      place: entry.path,
      hits: 0,
    }))
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
  add(where, { text, configuration }, reference, other) {
    this.#count++
    evenOut(reference.answer, other.answer)
    const world = JSON.stringify(configuration)
    const found = differences(reference, other).filter((difference) => !this.#isKnown(difference, text, world))
    if (found.length === 0) return
    this.#unknown++
    console.log(`${where}: ${JSON.stringify(text)}`)
    const width = Math.max(...this.#names.map((name) => name.length)) + 1
    for (const difference of found) {
      console.log(`  ${difference.path}`)
      for (const [at, value] of [difference.reference, difference.ours].entries())
        console.log(`    ${`${this.#names[at]}:`.padEnd(width)} ${JSON.stringify(value)}`)
    }
  }

  /** Says how often what is known occurred, and how many requests in how many worlds differed. */
  conclude(worlds) {
    for (const { place, why, hits } of this.#known) console.log(`known: ${hits} × ${place}: ${why}`)
    console.log(`${this.#count} requests in ${worlds} worlds, ${this.#unknown} differences`)
  }

  #isKnown(difference, text, world) {
    const fits = (pattern, subject) => pattern === undefined || new RegExp(pattern).test(subject)
    const entry = this.#known.find(
      (candidate) =>
        candidate.path.test(difference.path) &&
        fits(candidate.if, JSON.stringify(difference)) &&
        fits(candidate.request, text) &&
        fits(candidate.configuration, world),
    )
    if (entry === undefined) return false
    entry.hits++
    return true
  }
}

/** Takes away what is not said of an answer but of its making. */
function evenOut(...answers) {
  // Whether its length is known when its head is written; HTTP/1.0 ends it with the connection.
  const framings = answers.map((answer) => answer?.fields['transfer-encoding']?.[0] ?? '')
  const isFramedAlike =
    framings[0] === framings[1] && answers.every((answer) => answer?.fields['content-length'] !== undefined)
  for (const answer of answers) {
    if (answer === null) continue
    const { fields } = answer
    if (!isFramedAlike) delete fields['transfer-encoding']
    if (!isFramedAlike) delete fields['content-length']
    // Traefik draws their order.
    if (fields['access-control-expose-headers'] !== undefined) {
      fields['access-control-expose-headers'] = fields['access-control-expose-headers'][0].split(', ').sort()
    }
  }
}

/**
 * What comes of a request, and what servers see of it.
 * @param {() => Promise<object | null>} ask
 * @param {{ takeSeen: () => object[] }} servers
 */
export async function exchange(ask, servers) {
  let [answer, seen] = [null, []]
  // Who answers and closes before all content has arrived may have its answer cut off by the system.
  for (let tries = 0; tries < 5 && (answer === null || answer.content.endsWith('<broken>')); tries++) {
    answer = await ask()
    seen = servers.takeSeen()
  }
  if (answer !== null) delete answer.fields.date
  for (const { fields } of seen) delete fields['x-forwarded-server']
  return { answer, seen: Object.fromEntries(seen.map((one, at) => [at, one])) }
}

import { readFileSync } from 'node:fs'

/** Differences that are meant, of a file of them, and how often they were seen. */
export class KnownDifferences {
  #entries

  /**
   * @param {string} file JSON: a list of `path` (of the difference), `why`, and conditions that must all hold, all but `why`
   *   regular expressions: `if` of the difference, others of what `has` is told by their names; `request` is its `text`
   */
  constructor(file) {
    this.#entries = JSON.parse(readFileSync(file, 'utf8')).map(({ path, why, ...conditions }) => ({
      path,
      why,
      pattern: new RegExp(path),
      conditions: Object.entries(conditions).map(([name, source]) => [name, new RegExp(source)]),
      hits: 0,
    }))
  }

  /**
   * @param difference of `differences`
   * @param {Readonly<Record<string, string | object | (() => string)>>} about what is known beside it: of an exchange its
   *   `text` and the `configuration`
   */
  has(difference, { text = '', ...others }) {
    const told = { ...others, if: difference, text, request: text }
    const entry = this.#entries.find(
      ({ pattern, conditions }) =>
        pattern.test(difference.path) && conditions.every(([name, condition]) => condition.test(textOf(told[name]))),
    )
    if (entry === undefined) return false
    entry.hits++
    return true
  }

  print() {
    for (const { path, why, hits } of this.#entries) console.log(`known: ${hits} × ${path}: ${why}`)
  }
}

const textOf = (told) => (typeof told === 'function' ? told() : typeof told === 'string' ? told : JSON.stringify(told))

/**
 * @param found differences of one thing
 * @param {readonly [reference: string, other: string]} names of the two
 */
export function printDifferences(what, found, names = ['Traefik', 'Signalbox']) {
  console.log(what)
  const width = Math.max(...names.map((name) => name.length)) + 1
  for (const { path, reference, ours } of found) {
    console.log(`  ${path}`)
    for (const [at, value] of [reference, ours].entries())
      console.log(`    ${`${names[at]}:`.padEnd(width)} ${JSON.stringify(value)}`)
  }
}

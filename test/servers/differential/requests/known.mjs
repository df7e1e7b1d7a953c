import { readFileSync } from 'node:fs'

/** Differences that are meant, of a file of them, and how often they were seen. */
export class KnownDifferences {
  #entries

  /** @param {string} file JSON: `path`, and where it is narrower `if` (the difference), `request`, `configuration`; `why` */
  constructor(file) {
    this.#entries = JSON.parse(readFileSync(file, 'utf8')).map((entry) => ({
      ...entry,
      pattern: new RegExp(entry.path),
      hits: 0,
    }))
  }

  /** @param difference of `differences`  @param about the octets of the request, and the configuration */
  has(difference, { text = '', configuration }) {
    const entry = this.#entries.find(
      (candidate) =>
        candidate.pattern.test(difference.path) &&
        (candidate.if === undefined || new RegExp(candidate.if).test(JSON.stringify(difference))) &&
        (candidate.request === undefined || new RegExp(candidate.request).test(text)) &&
        (candidate.configuration === undefined ||
          new RegExp(candidate.configuration).test(JSON.stringify(configuration))),
    )
    if (entry === undefined) return false
    entry.hits++
    return true
  }

  print() {
    for (const { path, why, hits } of this.#entries) console.log(`known: ${hits} × ${path}: ${why}`)
  }
}

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

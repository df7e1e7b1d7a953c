// Random texts of everything that Traefik reads by Go's libraries (regular expressions, templates, rules, durations, URLs …),
// read by Signalbox and by Go itself: both must make the same of them, or refuse them. None may hold the thread up. The
// program of Go is `test/servers/go/texts`. The last line is `N texts, N differences`.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { startProgram } from './differential/texts/program.mjs'
import { READERS } from './differential/texts/readers.mjs'

const SOURCES = path.join(import.meta.dirname, 'go/texts')
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox')
const USAGE = `Example: node test/servers/texts.mjs --worlds 1000 --seed 1

  --worlds N        how many texts for each reader
  --seed N          which ones
  --reader NAME     of one reader alone
  --only N          one text, and what came of it
  --program FILE    the program of Go; the one that .ci/servers builds by default`

/** Nothing may take longer; what does is tried again, as the machine may have been busy. */
const LONGEST_MS = 50
const TRIES = 4

const options = programOptions(
  USAGE,
  { worlds: '1000', seed: '1', reader: '', program: path.join(CACHE, `texts-${digestOfSources()}`) },
  { needsReference: false },
)
const [worlds, seed] = [Number(options.worlds), Number(options.seed)]
const program = startProgram(options.program)
let texts = 0
let differences = 0
try {
  for (const [name, reader] of Object.entries(READERS)) {
    if (options.reader !== '' && options.reader !== name) continue
    const numbers = options.only === undefined ? Array.from({ length: worlds }, (_, at) => at) : [Number(options.only)]
    const inputs = numbers.map((at) => reader.inputOf(new Random(seed * 1_000_003 + at)))
    const theirs = await program.ask(reader.what ?? name, inputs)
    inputs.forEach((input, at) => {
      const own = timed(() => reader.own(input), reader.longestMs?.(input) ?? LONGEST_MS)
      texts++
      const flaw = flawOf(own, theirs[at], reader, input)
      if (flaw === null && options.only === undefined) return
      if (flaw !== null) differences++
      console.log(`${name} ${numbers[at]}: ${flaw ?? 'equal'}: ${JSON.stringify(input)}`)
      console.log(`    Go:        ${JSON.stringify(theirs[at])}\n    Signalbox: ${JSON.stringify(own)}`)
    })
  }
} finally {
  program.stop()
}
console.log(`${texts} texts, ${differences} differences`)
process.exitCode = differences === 0 ? 0 : 1

/** The name under which `.ci/servers` keeps the program. */
function digestOfSources() {
  const files = readdirSync(SOURCES)
    .filter((file) => file.endsWith('.go'))
    .sort()
  const digest = createHash('sha256')
  for (const file of [...files, 'go.mod']) digest.update(readFileSync(path.join(SOURCES, file)))
  return digest.digest('hex').slice(0, 16)
}

/** What ours gives, and in the best of some tries how long it takes. */
function timed(read, longest) {
  let outcome
  let took = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < TRIES && took > longest; tries++) {
    const begin = performance.now()
    try {
      outcome = read()
    } catch (error) {
      return { crash: error.stack }
    }
    took = Math.min(took, performance.now() - begin)
  }
  return took > longest ? { ...outcome, took } : outcome
}

/** What is wrong with ours; null: nothing. */
function flawOf(own, theirs, { isKnown }, input) {
  if (own.crash !== undefined) return 'an error that is not expected'
  if (own.took !== undefined) return 'it takes too long'
  const isRefused = own.error !== undefined
  const isTheirsRefused = theirs.error !== undefined
  const isSame = isRefused === isTheirsRefused && (isRefused || isDeepStrictEqual(own.value, theirs.value))
  if (isSame || isKnown?.(input, own, theirs) === true) return null
  if (isRefused !== isTheirsRefused) return isRefused ? 'refused by Signalbox alone' : 'refused by Go alone'
  return 'another value'
}

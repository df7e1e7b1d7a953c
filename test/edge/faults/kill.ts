import { expect } from 'vitest'
import { until } from '../../support/until.ts'
import { type CellOptions, type Cells, type KvFault, startCells } from './cells.ts'
import { badValues, headOfValue, key, signed } from './values.ts'

/** When it happens to an isolate, what happens to KV or to the plan in it, and what else there is. */
export interface Kill {
  readonly when: 'first request' | 'warm'
  readonly what: KvFaultName | keyof typeof badValues
  readonly left: Left
}

const WHENS = ['first request', 'warm'] as const
const LEFTS = ['former plan', 'cache', 'bundle', 'nothing'] as const
type Left = (typeof LEFTS)[number]

const kvFaults = {
  'throws once': { kind: 'throw', times: 1 },
  'throws for long': { kind: 'throw' },
  hangs: { kind: 'hang' },
  '3 s late': { kind: 'late', ms: 3000 },
} as const satisfies Record<string, KvFault>
type KvFaultName = keyof typeof kvFaults

const WHATS = [...Object.keys(kvFaults), ...Object.keys(badValues)] as Kill['what'][]

/** The whole matrix. */
export const kills: readonly Kill[] = WHENS.flatMap((when) =>
  WHATS.flatMap((what) => LEFTS.map((left) => ({ when, what, left }))),
)

/** What one answer was. */
interface Seen {
  readonly status: number
  readonly text: string
  readonly tookMs: number
  readonly at: number
  readonly isHonest: boolean
}

export interface Result {
  readonly kill: Kill
  readonly during: readonly Seen[]
  /** Time from the end of the fault, and the publication of a new plan, to the first answer by it, in ms. */
  readonly recoveredMs: number
}

/** Longest time for an answer, in ms: that of a look into KV and half a second. */
const LONGEST_MS = 3_500

/** Time to recover, in ms: that of most, and the longest one where so many isolates share a busy machine. */
const RECOVERY_MS = 1_000
const LONGEST_RECOVERY_MS = 3_000

const nameOf = ({ when, what, left }: Kill): string => `${when}-${what}-${left}`.replaceAll(' ', '-')

/**
 * Runs all of them, each with an isolate, a KV and an audience of its own.
 * @param atOnce how many share one workerd: it starts the slower the more there are
 */
export async function runKills(kills: readonly Kill[], faultMs: number, atOnce: number): Promise<readonly Result[]> {
  const results: Result[] = []
  for (let at = 0; at < kills.length; at += atOnce)
    results.push(...(await runSome(kills.slice(at, at + atOnce), faultMs)))
  return results
}

async function runSome(kills: readonly Kill[], faultMs: number): Promise<readonly Result[]> {
  const cells = await startCells((await Promise.all(kills.map(optionsOf))).flat())
  try {
    return await Promise.all(kills.map((kill) => run(cells, kill, faultMs)))
  } finally {
    await cells.stop()
  }
}

async function optionsOf(kill: Kill): Promise<CellOptions[]> {
  const name = nameOf(kill)
  const vars = {
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_AUDIENCE: name,
    SIGNALBOX_MIN_REVISION: '5',
    SIGNALBOX_REFRESH_MS: '200',
    SIGNALBOX_LOG_LEVEL: 'panic',
  }
  const plan = Buffer.from(await signed('bundle', 6, name)).toString('base64')
  const files = kill.left === 'bundle' ? { files: { 'fallback.json': JSON.stringify({ plan }) } } : {}
  const own = { name, vars, ...files }
  return kill.left === 'cache' ? [own, { name: `${name}-earlier`, kvOf: name, vars }] : [own]
}

async function run(cells: Cells, kill: Kill, faultMs: number): Promise<Result> {
  const name = nameOf(kill)
  const publish = async (value: Uint8Array, line = headOfValue(value)) => {
    await cells.put(name, 'plan', value)
    await cells.put(name, 'plan-head', line)
  }
  const ask = () => look(cells.urlOf(name))
  if (kill.left === 'cache') {
    // What an isolate of this location has served before stays here.
    await publish(await signed('cache', 6, name))
    await until(
      () => look(cells.urlOf(`${name}-earlier`)),
      ({ text }) => text === 'cache',
    )
    await until(
      () => cells.isKept(`https://signalbox.invalid/plan/${encodeURIComponent(name)}`),
      (isKept) => isKept,
    )
  }
  if (kill.left === 'former plan') await cells.put(name, 'plan-previous', await signed('former plan', 6, name))
  await publish(await signed('good', 7, name))
  if (kill.when === 'warm') await until(ask, ({ text }) => text === 'good')

  if (kill.what in kvFaults) await cells.fault(name, kvFaults[kill.what as KvFaultName])
  else await publish(await badValues[kill.what as keyof typeof badValues](name))
  const during: Seen[] = []
  const end = Date.now() + faultMs
  do {
    during.push(await ask())
    await new Promise((resolve) => setTimeout(resolve, 20))
  } while (Date.now() < end)

  await cells.fault(name, { kind: 'none' })
  await publish(await signed('recovered', 9, name))
  const recovery = Date.now()
  await until(ask, ({ text }) => text === 'recovered')
  return { kill, during, recoveredMs: Date.now() - recovery }
}

async function look(url: URL): Promise<Seen> {
  const at = Date.now()
  const response = await fetch(url)
  const text = await response.text()
  const isHonest =
    response.status !== 503 ||
    (response.headers.get('retry-after') === '5' && response.headers.get('cache-control') === 'no-store')
  return { status: response.status, text, tookMs: Date.now() - at, at, isHonest }
}

/** Whether the former plan and other values in KV can be read although something is wrong. */
const kvAnswers = (what: Kill['what']): boolean => !(what in kvFaults)

/** What must be answered from the first answer on; null: nothing is left. */
function expectedOf({ when, what, left }: Kill): readonly (string | null)[] {
  if (when === 'warm' || what === 'throws once') return ['good']
  const fallback = left === 'nothing' || (left === 'former plan' && !kvAnswers(what)) ? null : left
  // What comes late is taken over when it comes.
  return what === '3 s late' ? [fallback, 'good'] : [fallback]
}

export function check(results: readonly Result[]): void {
  for (const result of results) checkOne(result)
  const recoveries = results.map(({ recoveredMs }) => recoveredMs).sort((a, b) => a - b)
  console.log(`recovered within ${recoveries.at(-1)} ms, half of them within ${recoveries[recoveries.length >> 1]} ms`)
  expect(recoveries[Math.floor(recoveries.length / 2)]).toBeLessThan(RECOVERY_MS)
}

function checkOne({ kill, during, recoveredMs }: Result): void {
  const what = nameOf(kill)
  const expected = expectedOf(kill)
  for (const { status, text, tookMs, isHonest } of during) {
    expect([what, status === 200 ? text : null], what).toEqual([what, expect.toBeOneOf([...expected])])
    expect([200, 503], what).toContain(status)
    expect(isHonest, `${what}: Retry-After and no-store`).toBe(true)
    expect(tookMs, `${what}: time for an answer`).toBeLessThan(LONGEST_MS)
  }
  expect(recoveredMs, `${what}: time to recover`).toBeLessThan(LONGEST_RECOVERY_MS)
}

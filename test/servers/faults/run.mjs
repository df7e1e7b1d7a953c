import { setTimeout as sleep } from 'node:timers/promises'
import { startSource } from '../support/source.ts'
import { Relay } from './relay.mjs'

const HTML = '<!DOCTYPE html><html><body>Sign in</body></html>'

/** Statuses and contents that HTTP servers and what stands before them give. */
const HTTP_FAULTS = [
  ['status 500', { status: 500, body: 'oops' }, 3],
  ['status 503 with HTML', { status: 503, body: HTML }, 3],
  ['status 429', { status: 429, body: 'slow down', headers: { 'Retry-After': '1' } }, 15],
  ['status 401', { status: 401, body: 'no', headers: { 'WWW-Authenticate': 'Basic' } }, 15],
  ['status 403', { status: 403, body: 'no' }, 15],
  ['status 404', { status: 404, body: 'nothing here' }, 15],
  ['HTML with 200', { status: 200, body: HTML }, 15],
  ['an empty page with 200', { status: 200, body: '' }, 15],
  [
    'half a document with 200',
    { status: 200, body: '[{"Id":"abc"', headers: { 'Content-Type': 'application/json' } },
    15,
  ],
  ['another shape with 200', { status: 200, body: '"text"', headers: { 'Content-Type': 'application/json' } }, 15],
]

/** What happens to connections, whatever is spoken on them. `backS`: it is live again after so many seconds. */
const CONNECTION_FAULTS = [
  ['away and back', 'refuse', 3],
  ['closed at once', 'close', 3],
  ['stalled', 'stall', 3],
  ['halves of answers', 'halve', 3],
  ['garbage', 'garble', 15],
]

/** While these last everything goes on. */
const HARMLESS = ['slow', 'trickle']

/**
 * One configuration for every fault of a provider; prints a line each.
 *
 * @param only faults in whose name this stands
 * @returns those that did not go as they should
 */
export async function runFaults(world, only = '') {
  const isThere = world.hasRouter ?? hasRouter
  const failures = []
  const report = async (name, run) => {
    if (!name.includes(only)) return
    try {
      await run()
      console.log(`ok    ${world.name}: ${name}`)
    } catch (error) {
      failures.push(name)
      console.log(`FAILED ${world.name}: ${name}: ${error.message}`)
    }
  }
  await world.start()
  await world.put('kept')
  const relay = new Relay(world.target)
  await relay.listen()
  let number = 0
  const logs = []

  /** A source that is live with the router `kept`, and what it must be after a fault. */
  const withSource = async (run) => {
    const source = await startSource(world.flags(relay.port))
    try {
      await source.until(isThere('kept'), 10_000)
      await run(source)
    } finally {
      logs.push(JSON.stringify([source.logged, source.report]))
      await source.stop()
      await relay.set('pass')
    }
  }
  /** It comes back, and a change arrives. */
  const recovers = async (source, backS) => {
    // A little more, as the machine does other things too.
    await source.untilStatus('live', backS * 1000 + 1500)
    const name = `r${++number}`
    await world.put(name)
    await source.until(isThere(name), 5_000 + backS * 1000)
    await world.remove(name)
  }
  const nothingLost = (source) => {
    if (!source.messages.every(isThere('kept'))) throw new Error('routes were taken away')
  }

  await report('away at the start', async () => {
    await relay.set('refuse')
    const source = await startSource(world.flags(relay.port))
    try {
      await source.untilStatus('failed', 5_000)
      await sleep(1_000)
      await relay.set('pass')
      await source.until(isThere('kept'), 4_500)
    } finally {
      await source.stop()
    }
  })
  for (const [name, mode, backS] of [...CONNECTION_FAULTS, ...(world.isHttp ? HTTP_FAULTS : [])]) {
    if (world.skips?.includes(name)) continue
    await report(name, () =>
      withSource(async (source) => {
        await relay.set(mode)
        if (mode !== 'stall') relay.cut()
        await source.untilStatus('stale', 15_500)
        await sleep(1_500)
        const connects = relay.connects.length
        await sleep(2_000)
        // A run may take several connections.
        if (relay.connects.length - connects > 30)
          throw new Error(`${relay.connects.length - connects} connects in 2 s`)
        nothingLost(source)
        await relay.set('pass')
        relay.cut()
        await recovers(source, backS)
      }),
    )
  }
  for (const mode of HARMLESS) {
    await report(mode, () =>
      withSource(async (source) => {
        await relay.set(mode)
        const name = `r${++number}`
        await world.put(name)
        await source.until(isThere(name), 10_000)
        await world.remove(name)
        nothingLost(source)
      }),
    )
  }
  await report('cut again and again', () =>
    withSource(async (source) => {
      for (let times = 0; times < 8; times++) {
        relay.cut()
        await sleep(100)
      }
      await recovers(source, 4)
      nothingLost(source)
    }),
  )
  if (world.stall !== undefined) {
    await report('the server itself is stopped for 20 s', () =>
      withSource(async (source) => {
        world.stall()
        try {
          await source.untilStatus('stale', 15_500)
          await sleep(5_000)
        } finally {
          world.goOn()
        }
        nothingLost(source)
        await recovers(source, 4)
      }),
    )
  }
  if (world.restart !== undefined) {
    await report('the server is started anew', () =>
      withSource(async (source) => {
        await world.restart()
        await recovers(source, 4)
        nothingLost(source)
      }),
    )
  }
  for (const [name, run] of world.special?.({ relay, withSource, recovers, nothingLost, hasRouter: isThere, sleep }) ??
    [])
    await report(name, run)
  await report('nothing is left behind', async () => {
    await relay.close()
    await sleep(200)
    const open = process
      .getActiveResourcesInfo()
      .filter((kind) => /^(Timeout|TCPSocketWrap|PipeWrap|TLSWrap)$/.test(kind))
    if (open.length > (world.handles ?? 6)) throw new Error(`still open: ${open.join(', ')}`)
  })
  await report('no secret in what was said', async () => {
    for (const secret of world.secrets ?? []) {
      if (logs.some((text) => text.includes(secret))) throw new Error('a secret is in the log or the state')
    }
  })
  await world.stop()
  return failures
}

export const hasRouter = (name) => (config) => config?.http?.routers?.[name] !== undefined

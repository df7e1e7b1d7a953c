// Preloaded into a proxy (`node --import`): says to the parent how long its loop was held, when it is asked. What other
// processes take does not count: it is the CPU time of the thread between two turns of a timer. The collection of garbage
// is told apart, as it comes when it likes.
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Shorter ones are of no interest. */
const SHORTEST_MS = 3
/** Observers hear of a collection later. */
const GC_MS = 100

let last = { cpu: cpu(), at: performance.now() }
let holds = []
let collections = []

setInterval(() => {
  const now = { cpu: cpu(), at: performance.now() }
  const ms = now.cpu - last.cpu
  if (ms > SHORTEST_MS) holds.push({ ms, from: last.at, to: now.at })
  last = now
}, 1).unref()

new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries())
    collections.push({ from: startTime, to: startTime + duration })
}).observe({ entryTypes: ['gc'] })

process.on('message', async () => {
  await sleep(GC_MS)
  process.send({
    mostMs: Math.max(0, ...withoutCollections()),
    withCollectionsMs: Math.max(0, ...holds.map(({ ms }) => ms)),
  })
  holds = []
  collections = []
  // What the answer took is no hold of the proxy.
  last = { cpu: cpu(), at: performance.now() }
})
process.channel?.unref()

/** Both follow one another in time, so that each collection is looked at once or twice. */
function* withoutCollections() {
  let first = 0
  for (const { ms, from, to } of holds) {
    while (first < collections.length && collections[first].to <= from) first++
    let collecting = 0
    for (let i = first; i < collections.length && collections[i].from < to; i++)
      collecting += Math.min(to, collections[i].to) - Math.max(from, collections[i].from)
    yield ms - collecting
  }
}

/** Milliseconds of this thread. */
function cpu() {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

import { expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { origin, planOf, worker } from '../edge/proxy.ts'

const ISOLATES = 4
const AVERAGE = 50
/** More than a second's worth: a machine that pauses for less loses no token. */
const BURST = 100
const DURATION_MS = 20_000

test('four isolates in workerd together admit what one may', async () => {
  const { url: server } = await origin((_request, response) => response.end())
  const key = await generateSigningKey()
  const { urls, kv } = await worker(
    { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_LOG_LEVEL: 'panic' },
    { shared: true, isolates: ISOLATES },
  )
  const plan = await planOf({
    http: {
      routers: {
        limited: { rule: 'Path(`/limited`)', service: 's', middlewares: ['limit'] },
        open: { rule: 'Path(`/open`)', service: 's' },
      },
      middlewares: { limit: { rateLimit: { average: AVERAGE, burst: BURST } } },
      services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: server }] } } },
    },
  })
  await publish(kv, plan, key, Date.now())
  for (const url of urls) expect((await fetch(new URL('/open', url))).status).toBe(200)

  const counts = { admitted: 0, asked: 0 }
  const begin = performance.now()
  let end = begin
  const drive = async (url: URL) => {
    while (performance.now() - begin < DURATION_MS) {
      const { status } = await fetch(new URL('/limited', url))
      counts.asked++
      if (status === 200) counts.admitted++
      else expect(status).toBe(429)
      end = performance.now()
    }
  }
  await Promise.all(urls.flatMap((url) => [drive(url), drive(url)]))

  // The object is on this machine: its clock goes as fast as ours. What it granted last it granted just before `end`.
  const allowed = BURST + (AVERAGE * (end - begin)) / 1000
  console.log(`${counts.admitted} of ${counts.asked} requests admitted, ${allowed.toFixed(1)} expected`)
  expect(counts.asked).toBeGreaterThan(allowed * 3)
  expect(Math.abs(counts.admitted - allowed) / allowed).toBeLessThan(0.01)
})

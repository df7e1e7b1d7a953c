import { expect, test } from 'vitest'
import { origin, serving } from './proxy.ts'

const REQUESTS = 1000

/** Servers that are only counted. */
async function counted(...names: readonly string[]) {
  const counts: Record<string, number> = {}
  const urls: Record<string, string> = {}
  for (const name of names) {
    counts[name] = 0
    const { url } = await origin((request, response) => {
      counts[name]!++
      request.resume().on('end', () => response.end(name))
    })
    urls[name] = url
  }
  return { counts, urls }
}

const service = (url: string | undefined) => ({ loadBalancer: { servers: [{ url }] } })
const routers = { r: { rule: 'PathPrefix(`/`)', service: 's' } }

test('weights of services and of servers are kept to the request', async () => {
  const { counts, urls } = await counted('a', 'b', 'c', 'd')
  const services = {
    s: {
      weighted: {
        services: [
          { name: 'two', weight: 3 },
          { name: 'c', weight: 1 },
          { name: 'd', weight: 0 },
        ],
      },
    },
    two: {
      loadBalancer: {
        servers: [
          { url: urls.a, weight: 4 },
          { url: urls.b, weight: 1 },
        ],
      },
    },
    c: service(urls.c),
    d: service(urls.d),
  }
  const { url } = await serving({ http: { routers, services } })
  for (let i = 0; i < REQUESTS; i++) await (await fetch(url)).text()
  expect(counts).toEqual({ a: 600, b: 150, c: 250, d: 0 })
})

test('a mirror gets its share, with the content', async () => {
  const { counts, urls } = await counted('a', 'b')
  const services = {
    s: { mirroring: { service: 'a', mirrors: [{ name: 'b', percent: 10 }] } },
    a: service(urls.a),
    b: service(urls.b),
  }
  const { url } = await serving({ http: { routers, services } })
  for (let i = 0; i < REQUESTS; i++) await (await fetch(url, i % 2 === 0 ? {} : { method: 'POST', body: 'x' })).text()
  await expect.poll(() => counts, { timeout: 10_000 }).toEqual({ a: REQUESTS, b: REQUESTS / 10 })
})

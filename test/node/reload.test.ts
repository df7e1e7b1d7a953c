import http from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProxy, startServer, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'

let server: Awaited<ReturnType<typeof startServer>>
let proxy: TestProxy

const routing = (hosts: readonly string[]) =>
  JSON.stringify({
    http: {
      routers: Object.fromEntries(hosts.map((host) => [host, { rule: `Host(\`${host}.test\`)`, service: 'app' }])),
      services: { app: { loadBalancer: { servers: [{ url: server.url }] } } },
    },
  })

const status = (host: string, agent?: http.Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    const request = http.get(proxy.url, { headers: { Host: `${host}.test` }, agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    request.on('error', reject)
  })

/** Requests without a pause until it is told to stop; gives what was not 200. */
function load(host: string, connections: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const failures: unknown[] = []
  let requests = 0
  let stopped = false
  const run = async () => {
    while (!stopped) {
      const answer = await status(host, agent).catch((error: unknown) => error)
      requests++
      if (answer !== 200) failures.push(answer)
    }
  }
  const running = Promise.all(Array.from({ length: connections }, run))
  return {
    async stop() {
      stopped = true
      await running
      agent.destroy()
      return { requests, failures }
    },
  }
}

beforeEach(async () => {
  server = await startServer((_, response) => response.end('ok'))
  proxy = await startProxy(routing(['keep']))
})

afterEach(async () => {
  await proxy.stop()
  await server.close()
})

describe('what happens to the routing file under load', () => {
  test('renames: no request fails, the new route is there and the old one gone', async () => {
    const running = load('keep', 4)
    for (let i = 0; i < 10; i++) {
      proxy.write(routing(['keep', `new${i}`]))
      await until(
        () => status(`new${i}`),
        (answer) => answer === 200,
      )
      if (i > 0) expect(await status(`new${i - 1}`)).toBe(404)
    }
    const { requests, failures } = await running.stop()
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(20)
  })

  test.each([
    ['garbage', '{"http": }}}', /routing\.yml:1:\d+: /],
    ['an empty file', '', /routing\.yml:1:1: the file holds no configuration/],
    ['comments only', '# nothing\n', /the file holds no configuration/],
    ['null', 'null\n', /the file holds no configuration/],
    ['half of a file', '{"http": {"routers": {"keep": {"rule": "Host(`ke', /routing\.yml:1:\d+: /],
    ['a list', '- a\n', /routing\.yml/],
    [
      'an unknown option',
      'http:\n  routers:\n    keep:\n      rul: x\n',
      /routing\.yml:4:7: field not found, node: rul/,
    ],
    [
      'a router that is a text',
      '{"http": {"routers": {"keep": "x"}}}',
      /routing\.yml:1:23: keep is a block, not a text/,
    ],
    [
      'middlewares by name where a list belongs',
      '{"http": {"routers": {"keep": {"middlewares": {"a": "b"}}}}}',
      /routing\.yml:1:32: middlewares is a list/,
    ],
    ['a key twice', 'http:\n  routers: {}\nhttp: {}\n', /routing\.yml:3:1: /],
    ['prototype names', '{"http": {"__proto__": {"routers": 1}}}', /routing\.yml/],
  ])('%s: one clear problem, no request fails, and it recovers when it is mended', async (_, text, message) => {
    const running = load('keep', 2)
    const before = proxy.logged.length
    proxy.overwrite(text)
    const problem = await until(
      () => proxy.logged.slice(before).find(({ level }) => level === 'error' || level === 'warn')?.message ?? '',
      (found) => found !== '',
    )
    expect(problem).toMatch(message)
    expect(await status('keep')).toBe(200)
    proxy.write(routing(['keep', 'mended']))
    await until(
      () => status('mended'),
      (answer) => answer === 200,
    )
    const { failures } = await running.stop()
    expect(failures).toEqual([])
    const errors = proxy.logged.slice(before).filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
  })

  test('a section that is there and empty clears', async () => {
    proxy.write('http: {}\n')
    await until(
      () => status('keep'),
      (answer) => answer === 404,
    )
  })
})

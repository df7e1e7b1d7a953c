import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { until } from '../../support/until.ts'

/** Routing that leads to the API, with more. */
const routing = (more = '') => `http:
  routers:
    api: { rule: "PathPrefix(\`/api\`)", service: "api@internal" }
    shop: { rule: "Host(\`shop.test\`)", service: shop }
${more}  services:
    shop: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
`

let proxy: TestProxy

beforeEach(async () => {
  proxy = await startProxy(routing(), ['--api=true', '--api.control=true'])
})

afterEach(() => proxy.stop())

const get = async <T>(path: string): Promise<T> => (await fetch(`${proxy.url}/api/${path}`)).json() as Promise<T>

interface Problem {
  readonly severity: string
  readonly message: string
  readonly element: string | null
  readonly file: string | null
  readonly line: number | null
  readonly frame: string | null
  readonly since: string
}

describe('problems', () => {
  test('come with file, line and frame, and go with their cause', async () => {
    expect(await get('problems')).toEqual([])
    proxy.write(routing('    bad: { rule: "Hots(`x`)", service: shop }\n'))
    const [problem] = await until(
      () => get<Problem[]>('problems'),
      (all) => all.length > 0,
    )
    expect(problem).toMatchObject({
      severity: 'error',
      element: 'http.routers.bad',
      provider: 'file',
      path: ['http', 'routers', 'bad', 'rule'],
      file: `${proxy.dir}/routing.yml`,
      line: 5,
    })
    expect(problem!.frame).toContain('> 5 |     bad: { rule: "Hots(`x`)", service: shop }')
    proxy.write(routing())
    await until(
      () => get<Problem[]>('problems'),
      (all) => all.length === 0,
    )
  })

  test('lines that have moved are found again', async () => {
    const bad = '    bad: { rule: "Hots(`x`)", service: shop }\n'
    proxy.write(routing(bad))
    const [before] = await until(
      () => get<Problem[]>('problems'),
      (all) => all.length > 0,
    )
    proxy.write(`# a comment\n${routing(bad)}`)
    const [after] = await until(
      () => get<Problem[]>('problems'),
      ([problem]) => problem?.line === 6,
    )
    expect(after).toEqual({ ...before, line: 6, frame: expect.stringContaining('> 6 |     bad') })
  })

  test('of a file that can’t be read are told while the last good one is in force', async () => {
    proxy.write('http: [')
    const [problem] = await until(
      () => get<Problem[]>('problems'),
      (all) => all.length > 0,
    )
    expect(problem).toMatchObject({ severity: 'error', element: null, file: `${proxy.dir}/routing.yml`, line: 1 })
    proxy.write(routing())
    await until(
      () => get<Problem[]>('problems'),
      (all) => all.length === 0,
    )
  })

  test('frames hold no secret', async () => {
    proxy.write(
      routing(
        '    bad: { rule: "Hots(`x`)", service: shop }\n  middlewares: { auth: { basicAuth: { users: ["joe:{SHA}hunter2="] } } }\n',
      ),
    )
    const all = await until(
      () => get<Problem[]>('problems'),
      (found) => found.length > 0,
    )
    expect(all[0]!.frame).toContain('basicAuth')
    expect(JSON.stringify(all)).not.toContain('hunter2')
  })
})

test('history: what the last configurations changed', async () => {
  proxy.write(routing('    more: { rule: "Host(`more.test`)", service: shop }\n'))
  const [last] = await until(
    () => get<{ revision: number; added: number; changes: unknown[] }[]>('history'),
    (all) => all.length === 2,
  )
  expect(last).toMatchObject({
    revision: 2,
    providers: ['file'],
    added: 1,
    changed: 0,
    removed: 0,
    changes: [{ kind: 'http.routers', name: 'more@file', change: 'added', before: null, after: { service: 'shop' } }],
    changesLeftOut: 0,
  })
})

describe('events', () => {
  async function listen() {
    const controller = new AbortController()
    const answer = await fetch(`${proxy.url}/api/events`, { signal: controller.signal })
    expect(answer.status).toBe(200)
    let text = ''
    const reading = (async () => {
      for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) text += piece
    })().catch(() => 'left')
    await until(
      () => text,
      (got) => got.includes(': hello'),
    )
    return {
      until: (event: string) =>
        until(
          () => text,
          (got) => got.includes(event),
        ),
      leave: () => controller.abort(),
      reading,
    }
  }

  test('of configurations, problems, drained servers', async () => {
    const listener = await listen()
    proxy.write(routing('    bad: { rule: "Hots(`x`)", service: shop }\n'))
    await listener.until('event: problems\ndata: {"errors":1,"warnings":0}\n\n')
    await listener.until('event: configuration\ndata: {"revision":2,')
    const server = encodeURIComponent('http://127.0.0.1:1')
    await fetch(`${proxy.url}/api/http/services/shop@file/drained?server=${server}`, {
      method: 'PUT',
      headers: { 'sec-fetch-site': 'none' },
    })
    await listener.until('event: drained\ndata: {"service":"shop@file","url":"http://127.0.0.1:1","drained":true}\n\n')
    listener.leave()
    await listener.reading
  })

  test('whoever leaves makes place', async () => {
    const status = async () => {
      const answer = await fetch(`${proxy.url}/api/events`)
      await answer.body?.cancel()
      return answer.status
    }
    const all = await Promise.all(Array.from({ length: 20 }, listen))
    expect(await status()).toBe(503)
    for (const listener of all) listener.leave()
    await until(status, (found) => found === 200)
  })

  test('do not hold up the end', async () => {
    const listener = await listen()
    const began = performance.now()
    await proxy.stop()
    expect(performance.now() - began).toBeLessThan(9_000)
    await listener.reading
  })
})

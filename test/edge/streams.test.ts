import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { everything, origin, serving } from './proxy.ts'

const CONTENT = randomBytes(8 << 20)
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const WHOLE = digestOf(CONTENT)

/** What stands between client and server, each with what it does to streams. */
const between: Record<string, Record<string, object>> = {
  nothing: {},
  'somebody who waits for the end': { m: { inFlightReq: { amount: 3 } } },
  'somebody who counts failures': { m: { circuitBreaker: { expression: 'NetworkErrorRatio() > 0.5' } } },
  'somebody who keeps the request': { m: { retry: { attempts: 2 } } },
  'somebody who keeps both': { m: { buffering: { maxRequestBodyBytes: 20_000_000 } } },
  'somebody who reads ahead': { m: { contentType: {} } },
  'somebody who encodes': { m: { compress: {} } },
}

test.each(Object.entries(between))('8 MiB pass whole both ways through %s', async (_what, middlewares) => {
  const { url: server } = await origin((request, response) => {
    const hash = createHash('sha256')
    request.on('data', (chunk: Buffer) => hash.update(chunk))
    request.on('end', () => {
      if (request.method !== 'GET') return void response.end(hash.digest('hex'))
      if (request.url === '/measured') response.setHeader('Content-Length', CONTENT.length)
      response.end(CONTENT)
    })
  })
  const { url } = await serving(everything([server], {}, middlewares))
  const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, url), init)
  expect(await (await ask('/', { method: 'POST', body: CONTENT })).text()).toBe(WHOLE)
  const body = new Blob([CONTENT]).stream()
  expect(await (await ask('/', { method: 'PUT', body, duplex: 'half' } as RequestInit)).text()).toBe(WHOLE)
  for (const path of ['/measured', '/chunked']) {
    const answer = await ask(path, { headers: { 'Accept-Encoding': 'gzip' } })
    expect([path, digestOf(new Uint8Array(await answer.arrayBuffer()))]).toEqual([path, WHOLE])
  }
})

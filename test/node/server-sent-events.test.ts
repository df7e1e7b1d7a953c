import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { closeAll, decoders, get, startCompressing } from '../support/compressing-proxy.ts'

afterEach(closeAll)

describe('server-sent events', () => {
  test.each(['identity', 'gzip', 'br', 'zstd'])('each arrives before the next one is sent: %s', async (coding) => {
    let stream: ServerResponse | null = null
    const { port } = await startCompressing((_request, response) => {
      response.setHeader('content-type', 'text/event-stream')
      // As in Traefik the head of a compressed answer leaves with the first bytes of its content.
      response.write(': hello\n\n')
      stream = response
    })
    const answer = await get(port, coding)
    const used = answer.headers['content-encoding']
    const plain: Readable = used === undefined ? answer : answer.pipe(decoders[used]!())
    const events = plain[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    for (let i = 0; i < 20; i++) {
      const event = i === 0 ? ': hello\n\n' : `data: ${i}\n\n`
      if (i > 0) stream!.write(event)
      let got = ''
      while (got.length < event.length) got += (await events.next()).value.toString()
      expect(got).toBe(event)
    }
    stream!.end()
  })
})

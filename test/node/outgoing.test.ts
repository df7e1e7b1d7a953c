import { connect as connectHttp2 } from 'node:http2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startProxy } from '../support/node-proxy.ts'
import { type OutgoingCase, outgoingCases } from '../support/outgoing-cases.ts'
import { startRawServer } from '../support/raw-server.ts'

/** A proxy in front of a server that answers so. */
async function front({ answer }: OutgoingCase): Promise<string> {
  const server = await startRawServer((socket) => socket.write(answer))
  const proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's' } },
        services: { s: { loadBalancer: { servers: [{ url: server.url }] } } },
      },
    }),
  )
  onTestFinished(async () => {
    await proxy.stop()
    await server.close()
  })
  return proxy.url
}

describe.each(outgoingCases)('$name', (one) => {
  const { method, status, content, length } = one

  test('over HTTP/1.1', async () => {
    const url = await front(one)
    for (let i = 0; i < 2; i++) {
      // The second one on the same connection: nothing of the first is left over.
      const response = await fetch(url, { method })
      expect([response.status, await response.text()]).toEqual([status, content])
      if (length !== undefined) expect(response.headers.get('content-length')).toBe(length)
    }
  })

  test('over HTTP/2', async () => {
    const session = connectHttp2(await front(one))
    const stream = session.request({ ':method': method, ':path': '/' })
    let text = ''
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    const fields = new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve))
    stream.end()
    await new Promise((resolve) => stream.on('close', resolve))
    const head = await fields
    session.destroy()
    expect([head[':status'], text]).toEqual([status, content])
    if (length !== undefined) expect(head['content-length'] ?? null).toBe(length)
  })
})

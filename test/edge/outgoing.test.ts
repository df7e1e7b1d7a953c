import { expect, test } from 'vitest'
import { outgoingCases } from '../support/outgoing-cases.ts'
import { startRawServer } from '../support/raw-server.ts'
import { everything, serving } from './proxy.ts'

test.each(outgoingCases)('$name', async ({ method, answer, status, content, length }) => {
  const server = await startRawServer((socket) => socket.write(answer))
  try {
    const { url } = await serving(everything([server.url]))
    const response = await fetch(url, { method })
    expect([response.status, await response.text()]).toEqual([status, content])
    if (length !== undefined) expect(response.headers.get('content-length')).toBe(length)
  } finally {
    await server.close()
  }
})

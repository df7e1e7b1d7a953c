import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a counting server does once it has read a request. */
export type Ending = (response: ServerResponse) => void

export const reset: Ending = (response) => response.socket?.destroy()

export const status =
  (code: number): Ending =>
  (response) =>
    response.writeHead(code).end()

/** Where nobody listens. */
export async function nobody(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** A server that executes every request, by its content, and ends each alike; closed with the test. */
export async function countingServer(ending: Ending) {
  const executed = new Map<string, number>()
  const server = createServer(async (request, response) => {
    let content = ''
    for await (const chunk of request) content += chunk
    executed.set(content, (executed.get(content) ?? 0) + 1)
    ending(response)
  })
  // As many connections at once as the machine allows: none is refused for want of a place in the queue.
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, executed }
}

export const POSTS = 1000

/** Sends POSTs with different content, some at a time, and counts the statuses that came back. */
export async function sendPosts(send: (content: string) => Promise<number>): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let next = 0
  const client = async () => {
    while (next < POSTS) {
      const code = await send(`order ${next++}`)
      statuses.set(code, (statuses.get(code) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 20 }, client))
  return statuses
}

/** A routing configuration: one service of these servers behind a retry. */
export const retried = (urls: readonly string[], options: object = {}) => ({
  http: {
    routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['again'] } },
    middlewares: { again: { retry: { attempts: 3, ...options } } },
    services: { s: { loadBalancer: { passHostHeader: false, servers: urls.map((url) => ({ url })) } } },
  },
})

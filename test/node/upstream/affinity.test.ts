import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'

let server: Server
let proxy: TestProxy
afterEach(async () => {
  await proxy.stop()
  server.closeAllConnections()
  server.close()
})

/** A server that authenticates connections, as NTLM does: who a request is from is who its connection is from. */
async function start(scheme: string): Promise<void> {
  const users = new WeakMap<Socket, string>()
  server = createServer((request, response) => {
    const { socket } = request
    const [, step, user] = /^\S+ (hello|proof)-(\w+)$/.exec(request.headers.authorization ?? '') ?? []
    const asked = users.get(socket)
    if (step === 'hello') users.set(socket, `asked ${user}`)
    else if (step === 'proof' && asked === `asked ${user}`) users.set(socket, `is ${user}`)
    const known = users.get(socket) ?? ''
    if (known.startsWith('is ')) return response.end(known.slice(3))
    response.writeHead(401, {
      'WWW-Authenticate': ['Basic realm="x"', step === 'hello' ? `${scheme} challenge` : scheme],
    })
    response.end('who are you?')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's' } },
        services: { s: { loadBalancer: { servers: [{ url }] } } },
      },
    }),
  )
}

/** A client with one connection of its own. */
function client() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (authorization?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = authorization === undefined ? {} : { authorization }
      get(`${proxy.url}/`, { agent, headers }, (response: IncomingMessage) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(`${response.statusCode} ${text}`))
      }).on('error', reject)
    })
  return { ask, close: () => agent.destroy() }
}

describe.each(['NTLM', 'Negotiate'])('%s', (scheme) => {
  test('authenticates the client of a connection and nobody else', async () => {
    await start(scheme)
    const [joe, eve] = [client(), client()]
    expect(await joe.ask()).toBe('401 who are you?')
    expect(await joe.ask(`${scheme} hello-joe`)).toBe('401 who are you?')
    expect(await eve.ask()).toBe('401 who are you?')
    expect(await joe.ask(`${scheme} proof-joe`)).toBe('200 joe')
    expect(await eve.ask()).toBe('401 who are you?')
    expect(await eve.ask(`${scheme} hello-eve`)).toBe('401 who are you?')
    expect(await joe.ask()).toBe('200 joe')
    expect(await eve.ask(`${scheme} proof-eve`)).toBe('200 eve')
    const answers = await Promise.all([joe.ask(), eve.ask(), joe.ask(), eve.ask()])
    expect(answers).toEqual(['200 joe', '200 eve', '200 joe', '200 eve'])
    joe.close()
    eve.close()
    const late = client()
    expect(await late.ask()).toBe('401 who are you?')
    late.close()
  })
})

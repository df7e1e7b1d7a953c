import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from '../requests/asking.mjs'

/** What matters to who tells of a request. */
const LINES = [
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03',
  'traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01',
  'traceparent: 01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x',
  'traceparent: x',
  'tracestate: a=b, c=d',
  'tracestate: ,',
  'baggage: k=v',
  'Accept: text/event-stream',
  'Accept: text/html, Text/Event-Stream ',
  'Accept: text/event-stream;q=1',
  'Content-Type: application/grpc',
  'Content-Type: application/grpc+proto',
  'Content-Type: application/grpc-web-text',
  'Content-Type: Application/Grpc',
  'X-K: "quoted"',
  'X-K: back\\slash',
  'User-Agent: "a" \\ <b>',
  'Referer: http://x.test/"',
  'Authorization: Basic dXNlcjp3cm9uZw==',
  'Authorization: Basic bm9ib2R5Og==',
  'Authorization: Basic =',
] // biome-ignore format: a list
const WANTS = [12, 13, 14]
const METHODS = ['CONNECT', 'TRACE', 'get', 'PROPFIND']

/**
 * A request with a name that it can be told by.
 * @param {import('../random.mjs').Random} random
 */
export function namedRequest(random, name) {
  const lines = [`X-Request: ${name}`]
  while (random.chance(0.3)) lines.push(random.pick(LINES))
  let text = request(random).replace('\r\nConnection: close', `\r\n${lines.join('\r\n')}$&`)
  if (random.chance(0.1)) text = text.replace(/\r\nX-Want: \d+/, `\r\nX-Want: ${random.pick(WANTS)}`)
  if (random.chance(0.03)) text = text.replace(/^\S+/, random.pick(METHODS))
  return text
}

/** How long a client waits before it leaves, and is given to be gone. */
const PATIENCE_MS = 80

/**
 * A request of a client that leaves: in the middle of what it sends, before the answer, or in the middle of it.
 * @param {import('../random.mjs').Random} random
 */
export function abandonedRequest(random, name) {
  const head = `Host: a.test\r\nX-Request: ${name}\r\nX-Want: ${random.pick([90, 91])}\r\n`
  return random.pick([
    `GET /p HTTP/1.1\r\n${head}\r\n`,
    `POST /p/1 HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhello`,
    `POST /p HTTP/1.1\r\n${head}Content-Length: 10\r\n\r\nhello`,
    `PUT /q HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
  ])
}

/** Sends a request, takes what comes, and leaves. */
export async function abandon(port, text) {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  socket.write(text)
  await sleep(PATIENCE_MS)
  socket.resetAndDestroy()
  await sleep(PATIENCE_MS)
}

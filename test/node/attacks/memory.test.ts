import v8 from 'node:v8'
import vm from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { parseRequestHead, Refusal } from '../../../adapters/node/http1/request-head.ts'
import { classOf } from '../../../src/http/field-names.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { createSource } from '../../../src/middlewares/shared/source-criterion.ts'
import { until } from '../../support/until.ts'
import { get, Rig } from '../http1/rig.ts'

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

const MEGABYTE = 1024 * 1024
/** Of nearly a megabyte each. */
const HEADS = 60
const heapUsed = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

/**
 * Waits until buffers hold no more than `limit` bytes beyond `before`: clients are in this process too, and what the kernel
 * has not taken of theirs yet counts as well.
 */
const atMost = (limit: number, before: number) =>
  until(
    () => {
      collect()
      return process.memoryUsage().arrayBuffers - before
    },
    (held) => held < limit,
  )

let rig: Rig | null = null
afterEach(() => {
  rig?.close()
  rig = null
})

/** A head of nearly a megabyte, as it comes from a socket. */
const headWith = (lines: string): string =>
  Buffer.from(`GET / HTTP/1.1\r\nHost: h\r\n${lines}A: ${'v'.repeat(900_000)}\r\n\r\n`).toString('latin1')

function fieldsOf(text: string): string[] {
  const head = parseRequestHead(text, text.length - 4, 1000)
  if (head instanceof Refusal) throw new Error(head.text)
  return head.lines
}

test('names that are remembered do not keep the heads they came with', () => {
  const before = heapUsed()
  for (let i = 0; i < HEADS; i++) {
    const lines = fieldsOf(headWith(`X-A-Name-That-Nobody-Has-Seen-${i}: 1\r\n`))
    for (let at = 0; at < lines.length; at += 2) classOf(lines[at]!)
  }
  expect(heapUsed() - before).toBeLessThan(15 * MEGABYTE)
}, 20_000)

test('nor do the sources of a rate limit, which are as long as a peer likes', () => {
  const sourceOf = createSource({ by: 'field', name: 'X-Key' })
  const kept = new Set<string>()
  const before = heapUsed()
  for (let i = 0; i < HEADS; i++) {
    const key = i % 2 === 0 ? `a-key-of-some-length-${i}` : `${i}`.repeat(50_000)
    const fields = new Fields(fieldsOf(headWith(`X-Key: ${key}\r\n`)))
    const request = new ProxyRequest('GET', 'http', 'h', '/', fields, null, null, 'HTTP/1.1')
    kept.add(sourceOf(request, undefined as never))
    kept.add(sourceOf(request, undefined as never))
  }
  expect(kept.size).toBe(HEADS)
  expect(heapUsed() - before).toBeLessThan(15 * MEGABYTE)
}, 20_000)

test('content in chunks of one octet that nobody reads costs little more than its size', async () => {
  const held: unknown[] = []
  rig = await new Rig().start((request) => {
    held.push(request)
    return new Promise(() => {
      // Nobody reads and nobody answers.
    })
  })
  const before = heapUsed() + process.memoryUsage().external
  const chunks = '1\r\nx\r\n'.repeat(20_000)
  const head = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'
  const clients = await Promise.all(Array.from({ length: 50 }, () => rig!.client(head + chunks)))
  const sizes = () => held.map((request) => (request as { content: { received: number } }).content.received)
  while (held.length < 50 || sizes().some((size) => size < 20_000))
    await new Promise((resolve) => setImmediate(resolve))
  // A megabyte of content; apart, its chunks would take a hundred.
  expect(heapUsed() + process.memoryUsage().external - before).toBeLessThan(30 * MEGABYTE)
  expect(clients).toHaveLength(50)
})

test('requests sent ahead wait in the socket, not in memory', async () => {
  rig = await new Rig().start(() => new Promise(() => {}))
  const before = process.memoryUsage().arrayBuffers
  const clients = await Promise.all(Array.from({ length: 100 }, () => rig!.client(get() + get().repeat(20_000))))
  await rig.until(() => rig!.contexts.length === 100)
  await atMost(100 * 64 * 1024 + 4 * MEGABYTE, before)
  expect(clients).toHaveLength(100)
})

test('heads that never end hold 64 MB together at most, and short ones still get through', async () => {
  rig = await new Rig().start(() => new ProxyResponse(200, new Fields(), 'ok'), { maxHeaderBytes: MEGABYTE })
  const start = 'GET / HTTP/1.1\r\nHost: h\r\nA: '
  const before = process.memoryUsage().arrayBuffers
  const clients = await Promise.all(Array.from({ length: 120 }, () => rig!.client(start + 'v'.repeat(900_000))))
  const refused = () => clients.filter(({ text, closed }) => text.startsWith('HTTP/1.1 431 ') || closed).length
  await until(refused, (count) => count >= 40)
  await atMost(80 * MEGABYTE, before)

  const late = await rig.client('GET / HTTP/1.1\r\nHo')
  late.send('st: h\r\n\r\n')
  await late.seen('ok')

  for (const client of clients) client.socket.destroy()
  await until(
    () => rig!.tracker.size,
    (size) => size <= 1,
  )
  const again = await rig.client(start + 'v'.repeat(900_000))
  again.send('\r\n\r\n')
  await again.seen('ok')
})

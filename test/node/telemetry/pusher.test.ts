import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  packed,
  UdpDestination,
  UnixDatagramDestination,
  UnixStreamDestination,
} from '../../../adapters/node/telemetry/datagrams.ts'
import { type Destination, Pusher } from '../../../adapters/node/telemetry/pusher.ts'
import { until } from '../../support/until.ts'

const signal = new AbortController().signal

test('lines share datagrams as long as they fit', () => {
  expect([...packed(['aaa', 'bbb', 'cc'], 8)]).toEqual(['aaa\nbbb\n', 'cc\n'])
  expect([...packed(['a'.repeat(20), 'b'], 8)]).toEqual([`${'a'.repeat(20)}\n`, 'b\n'])
  expect([...packed(['éé', 'a'], 6)]).toEqual(['éé\n', 'a\n'])
  expect([...packed([], 8)]).toEqual([])
})

test('lines go by UDP', async () => {
  const server = createSocket('udp4')
  const got: string[] = []
  server.on('message', (message) => got.push(message.toString()))
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  const destination = new UdpDestination(`localhost:${server.address().port}`)
  await destination.send(['a:1|c', 'b:2|c'])
  await until(
    () => got.length,
    (length) => length === 1,
  )
  expect(got).toEqual(['a:1|c\nb:2|c\n'])
  server.close()
})

test.each(['localhost', '', 'host:port', 'host:99999'])('"%s" is no address', (address) => {
  expect(() => new UdpDestination(address)).toThrow('is no address')
})

test('streams carry the length of each datagram', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'stream-'))
  const socket = path.join(folder, 'dsd')
  const got: Buffer[] = []
  const server = createServer((connection) => connection.on('data', (chunk) => got.push(chunk)))
  server.listen(socket)
  await once(server, 'listening')
  await new UnixStreamDestination(socket).send(['a:1|c'], signal)
  await until(
    () => Buffer.concat(got).length,
    (length) => length === 10,
  )
  expect(Buffer.concat(got).readUInt32LE(0)).toBe(6)
  expect(Buffer.concat(got).subarray(4).toString()).toBe('a:1|c\n')
  server.close()
  await rm(folder, { recursive: true })
})

test('a Unix socket of datagrams needs a package, and says which', async () => {
  const missing = () => Promise.reject(Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' }))
  const destination = new UnixDatagramDestination('/nowhere', missing)
  await expect(destination.send(['a:1|c'])).rejects.toThrow('npm install unix-dgram')
})

test('a destination that is away costs one line in the log, and one when it is back', async () => {
  const logged: string[] = []
  let isAway = true
  let sends = 0
  const destination: Destination = {
    name: 'x',
    async send() {
      sends++
      if (isAway) throw new Error('connection refused')
    },
    close() {},
  }
  const log = { log: (_: string, message: string) => void logged.push(message) }
  const pusher = new Pusher(destination, 100, () => ['a'], log)
  await until(
    () => sends,
    (count) => count >= 3,
  )
  isAway = false
  await until(
    () => logged.length,
    (length) => length === 2,
  )
  await pusher.close()
  expect(logged).toEqual(["Metrics can't be sent: connection refused", 'Metrics are taken again'])
})

test('what is left is sent at a stop', async () => {
  const sent: string[] = []
  const destination: Destination = {
    name: 'x',
    async send(lines) {
      sent.push(...lines)
    },
    close: () => void sent.push('closed'),
  }
  const pusher = new Pusher(destination, 3_600_000, () => ['last'], { log() {} })
  await pusher.close()
  expect(sent).toEqual(['last', 'closed'])
})

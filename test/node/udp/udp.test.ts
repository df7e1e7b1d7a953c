import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { UdpEntryPoint } from '../../../adapters/node/udp/udp-entry-point.ts'
import type { UdpTable } from '../../../src/engine/streams/udp/table.ts'
import type { UdpServerPlan } from '../../../src/plan/udp.ts'
import { until } from '../../support/until.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function bound(port = 0): Promise<Socket> {
  const socket = createSocket('udp4')
  closers.push(() => new Promise<void>((resolve) => socket.close(resolve)))
  return new Promise((resolve) => socket.bind(port, '127.0.0.1', () => resolve(socket)))
}

/** A server that answers with its name and what it got. */
async function server(name: string): Promise<UdpServerPlan> {
  const socket = await bound()
  socket.on('message', (datagram, from) => {
    socket.send(Buffer.concat([Buffer.from(name), datagram]), from.port, from.address)
  })
  const { port } = socket.address()
  return { address: `127.0.0.1:${port}`, host: '127.0.0.1', port }
}

async function client(port: number) {
  const socket = await bound()
  const got: string[] = []
  socket.on('message', (datagram) => got.push(datagram.toString('latin1')))
  return {
    got,
    send: (text: string) => socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1'),
    /** Sends and waits for one answer more. */
    async ask(text: string): Promise<string> {
      const before = got.length
      socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1')
      await until(
        () => got.length,
        (length) => length > before,
      )
      return got[got.length - 1]!
    },
  }
}

const inTurn = (servers: readonly UdpServerPlan[]): UdpTable => {
  let at = 0
  return { pick: () => servers[at++ % servers.length] ?? null }
}

async function entry(table: UdpTable | undefined, timeoutMs = 60_000, graceTimeOutMs = 0): Promise<UdpEntryPoint> {
  const entryPoint = new UdpEntryPoint({
    name: 'u',
    address: { host: '127.0.0.1', port: 0, protocol: 'udp' },
    reusePort: false,
    timeoutMs,
    lifeCycle: { requestAcceptGraceTimeoutMs: 0, graceTimeOutMs },
    log: { log: () => undefined },
  })
  entryPoint.use(table)
  await entryPoint.listen()
  closers.push(() => entryPoint.stop())
  return entryPoint
}

describe('sessions', () => {
  test('each client address has its own server, and keeps it', async () => {
    const { port } = await entry(inTurn([await server('a'), await server('b')]))
    const [one, two] = [await client(port), await client(port)]
    expect(await one.ask('1')).toBe('a1')
    expect(await two.ask('2')).toBe('b2')
    expect([await one.ask('3'), await one.ask('4'), await two.ask('5')]).toEqual(['a3', 'a4', 'b5'])
  })

  test('order, borders and empty datagrams are kept', async () => {
    const { port } = await entry(inTurn([await server('')]))
    const one = await client(port)
    const sent = ['one', '', 'two two', '3', '\0\xff']
    for (const text of sent) one.send(text)
    await until(
      () => one.got.length,
      (length) => length === sent.length,
    )
    expect(one.got).toEqual(sent)
  })

  test('large datagrams', async () => {
    const { port } = await entry(inTurn([await server('')]))
    const text = 'x'.repeat(65_000)
    expect((await (await client(port)).ask(text)) === text).toBe(true)
  })

  test('end when nothing comes for the timeout', async () => {
    const entryPoint = await entry(inTurn([await server('a'), await server('b')]), 100)
    const one = await client(entryPoint.port)
    expect(await one.ask('1')).toBe('a1')
    await until(
      () => entryPoint.sessions,
      (sessions) => sessions === 0,
    )
    expect(await one.ask('2')).toBe('b2')
  })

  test('end when nobody listens at the server; the next datagram begins a new one', async () => {
    const nobody = createSocket('udp4')
    await new Promise<void>((resolve) => nobody.bind(0, '127.0.0.1', resolve))
    const { port } = nobody.address()
    await new Promise<void>((resolve) => nobody.close(resolve))
    const refused = { address: '', host: '127.0.0.1', port }
    const { port: own } = await entry(inTurn([refused, await server('b')]))
    const one = await client(own)
    await until(
      () => {
        one.send('x')
        return one.got.length
      },
      (length) => length > 0,
    )
    expect(one.got[0]).toBe('bx')
  })

  test('a name is looked up while datagrams wait', async () => {
    const { port: at } = await server('a')
    const { port } = await entry(inTurn([{ address: '', host: 'localhost', port: at }]))
    expect(await (await client(port)).ask('1')).toBe('a1')
  })

  test('many clients at once', async () => {
    const { port } = await entry(inTurn([await server('a'), await server('b')]))
    const clients = await Promise.all(Array.from({ length: 50 }, () => client(port)))
    const answers = await Promise.all(clients.map((one, i) => one.ask(String(i))))
    expect(answers.map((answer) => answer.slice(1))).toEqual(clients.map((_, i) => String(i)))
    expect(answers.filter((answer) => answer.startsWith('a'))).toHaveLength(25)
  })
})

describe('routers', () => {
  test('without a server datagrams vanish', async () => {
    let asked = 0
    const none: UdpTable = {
      pick() {
        asked++
        return null
      },
    }
    const entryPoint = await entry(none)
    const one = await client(entryPoint.port)
    one.send('1')
    await until(
      () => asked,
      (times) => times === 1,
    )
    entryPoint.use(inTurn([await server('a')]))
    expect(await one.ask('2')).toBe('a2')
    expect(one.got).toEqual(['a2'])
  })

  test('a new one takes new sessions; none leaves the old one in use', async () => {
    const entryPoint = await entry(inTurn([await server('a')]))
    const one = await client(entryPoint.port)
    expect(await one.ask('1')).toBe('a1')
    entryPoint.use(inTurn([await server('b')]))
    entryPoint.use(undefined)
    expect(await one.ask('2')).toBe('a2')
    expect(await (await client(entryPoint.port)).ask('3')).toBe('b3')
  })
})

describe('stop', () => {
  test('open sessions go on for the grace time, new ones do not begin', async () => {
    const entryPoint = await entry(inTurn([await server('a')]), 60_000, 300)
    const [one, two] = [await client(entryPoint.port), await client(entryPoint.port)]
    await one.ask('1')
    const stopped = entryPoint.stop()
    two.send('2')
    expect(await one.ask('3')).toBe('a3')
    await stopped
    expect(two.got).toEqual([])
    expect(entryPoint.sessions).toBe(0)
  })

  test('an address in use stops the start', async () => {
    const taken = await entry(undefined)
    const again = new UdpEntryPoint({
      name: 'again',
      address: { host: '127.0.0.1', port: taken.port, protocol: 'udp' },
      reusePort: false,
      timeoutMs: 1000,
      lifeCycle: { requestAcceptGraceTimeoutMs: 0, graceTimeOutMs: 0 },
      log: { log: () => undefined },
    })
    await expect(again.listen()).rejects.toThrow('entry point again: error opening listener')
  })
})

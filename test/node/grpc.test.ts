import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'

interface Client {
  close(): void
}
interface Calls {
  connect(address: string): Client
  hello(client: Client, name: string): Promise<{ text: string; forwardedFor: string }>
  countdown(client: Client, from: number): Promise<number[]>
  total(client: Client, numbers: number[]): Promise<number>
  chat(client: Client, texts: string[]): Promise<string[]>
  slow(client: Client, deadlineMs: number): Promise<unknown>
}

const folder = path.join(import.meta.dirname, '../../examples/grpc')
let calls: Calls
let client: Client
let proxy: TestProxy
let server: { port: number; stop(): void }

/** The example as it stands, on free ports. */
beforeAll(async () => {
  const { startGreeter } = await import(path.join(folder, 'server.mjs'))
  calls = (await import(path.join(folder, 'client.mjs'))) as Calls
  server = await startGreeter('127.0.0.1:0')
  const routing = readFileSync(path.join(folder, 'routing.yml'), 'utf8')
  proxy = await startProxy(routing.replace('127.0.0.1:9101', `127.0.0.1:${server.port}`))
  client = calls.connect(`127.0.0.1:${proxy.port}`)
})

afterAll(async () => {
  client.close()
  server.stop()
  await proxy.stop()
})

describe('gRPC through the proxy, with a real client and server', () => {
  test('unary calls', async () => {
    expect(await calls.hello(client, 'world')).toEqual({ text: 'hello world', forwardedFor: '127.0.0.1' })
  })

  test('streams of the server, of the client and of both', async () => {
    expect(await calls.countdown(client, 500)).toHaveLength(500)
    expect(
      await calls.total(
        client,
        Array.from({ length: 500 }, () => 2),
      ),
    ).toBe(1000)
    expect(await calls.chat(client, ['one', 'two', 'three'])).toEqual(['ONE', 'TWO', 'THREE'])
  })

  test('the status of an error is in the trailers', async () => {
    await expect(calls.hello(client, '')).rejects.toMatchObject({ code: 3, details: 'a name is needed' })
  })

  test('deadlines end calls', async () => {
    await expect(calls.slow(client, 100)).rejects.toMatchObject({ code: 4 })
  })

  test('a service that no router takes is UNIMPLEMENTED', async () => {
    const other = calls.connect(`127.0.0.1:${proxy.port}`)
    proxy.write('http: {}\n')
    await expect
      .poll(
        () =>
          calls.hello(other, 'x').then(
            () => 0,
            (error: { code: number }) => error.code,
          ),
        { timeout: 10_000 },
      )
      .toBe(12)
    other.close()
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Consul,
  type ConsulOptions,
  createConsul,
} from '../../../../adapters/node/providers/catalog/consul-client.ts'
import { until } from '../../../support/until.ts'

let server: http.Server
let address: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
let seen: { readonly url: string; readonly headers: IncomingMessage['headers'] }[]
let dir: string
let consul: Consul | null = null
const stopping = new AbortController()

beforeEach(async () => {
  seen = []
  answer = (_, response) => void response.end('{}')
  dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-consul-'))
  server = http.createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers })
    answer(request, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  consul?.close()
  consul = null
  rmSync(dir, { recursive: true, force: true })
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

const OPTIONS: ConsulOptions = {
  ...{ address: '', scheme: '', datacenter: '', token: '', tls: undefined, username: '', password: '' },
  ...{ waitMs: 0, namespace: '' },
}

function connect(options: Partial<ConsulOptions>, env: Record<string, string> = {}): Consul {
  consul = createConsul({ ...OPTIONS, ...options }, env)
  return consul
}

describe('queries that wait', () => {
  /** Follows changes, and gives how many were told. */
  function follow(options: Partial<ConsulOptions> = {}): () => number {
    let told = 0
    const run = async () => {
      for await (const _ of connect({ address, ...options }).changes('/v1/x', stopping.signal)) told++
    }
    run().catch(() => undefined)
    return () => told
  }

  const indexed = (...indexes: (string | null)[]) => {
    let at = 0
    answer = (_, response) => {
      const index = indexes[at++]
      // After the last one nothing more happens.
      if (index === undefined) return
      if (index !== null) response.setHeader('x-consul-index', index)
      response.end('{}')
    }
  }

  const askedIndexes = () => seen.map(({ url }) => new URL(url, 'http://x').searchParams.get('index'))

  const asked = (count: number) =>
    until(
      () => seen.length,
      (length) => length >= count,
    )

  test('are asked with the index of the last answer, and tell each change once', async () => {
    indexed('5', '7', '7', '9')
    const told = follow({ waitMs: 60_000 })
    await asked(5)
    expect(askedIndexes()).toEqual([null, '5', '7', '7', '9'])
    expect(new URL(seen[1]!.url, 'http://x').searchParams.get('wait')).toBe('60000ms')
    expect(told()).toBe(3)
  })

  test('begin anew where the index goes back, and that is a change', async () => {
    indexed('50', '3', '3')
    const told = follow()
    await asked(4)
    expect(askedIndexes()).toEqual([null, '50', null, '3'])
    expect(told()).toBe(3)
  })

  test.each(['0', '-1', 'x', null])('do not loop where the index is %s', async (index) => {
    indexed(...Array<string | null>(1000).fill(index))
    const began = performance.now()
    follow()
    await asked(3)
    expect(performance.now() - began).toBeGreaterThan(1_500)
  })

  test('do not loop where the answer comes at once and says nothing new', async () => {
    indexed(...Array<string>(1000).fill('5'))
    const began = performance.now()
    const told = follow()
    await asked(4)
    expect(performance.now() - began).toBeGreaterThan(1_500)
    expect(told()).toBe(1)
  })
})

describe('where it is and who asks', () => {
  const asks = async (options: Partial<ConsulOptions>, env: Record<string, string> = {}) => {
    await connect(options, env).get('/v1/x', stopping.signal, { stale: '' })
    return seen.at(-1)!
  }

  test('by options', async () => {
    const { url, headers } = await asks({
      ...{ address: `http://${address}`, datacenter: 'dc2', namespace: 'team', token: 'secret' },
      ...{ username: 'jo', password: 'pw' },
    })
    expect(url).toBe('/v1/x?dc=dc2&ns=team&stale=')
    expect(headers).toMatchObject({ 'x-consul-token': 'secret', authorization: `Basic ${btoa('jo:pw')}` })
  })

  test('by variables, where options say nothing', async () => {
    const env = {
      ...{ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN: 'secret', CONSUL_HTTP_AUTH: 'jo:p:w' },
      CONSUL_NAMESPACE: 'team',
    }
    const { url, headers } = await asks({}, env)
    expect(url).toBe('/v1/x?ns=team&stale=')
    expect(headers).toMatchObject({ 'x-consul-token': 'secret', authorization: `Basic ${btoa('jo:p:w')}` })
    expect((await asks({ address, token: 'option' }, env)).headers['x-consul-token']).toBe('option')
  })

  test('by a file, which is read at each connect', async () => {
    const file = path.join(dir, 'token')
    for (const token of ['first', 'second']) {
      writeFileSync(file, `${token}\n`)
      expect((await asks({ address }, { CONSUL_HTTP_TOKEN_FILE: file })).headers['x-consul-token']).toBe(token)
      consul?.close()
    }
  })

  test.each([
    [{ address: 'a.test' }, {}, 'http://a.test'],
    [{ address: 'a.test', scheme: 'https' }, {}, 'https://a.test'],
    [{ address: 'unix:///run/consul.sock' }, {}, 'unix:///run/consul.sock'],
    [{}, { CONSUL_HTTP_SSL: 'true' }, 'https://127.0.0.1:8500'],
    [{}, {}, 'http://127.0.0.1:8500'],
  ])('%j %j: %s', (options, env, peer) => {
    expect(connect(options, env).client.peer).toBe(peer)
  })
})

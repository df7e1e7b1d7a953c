import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalWorker, startLocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { type Exchange, edgeCases } from '../support/edge-cases.ts'
import { networkModules, planOf } from './proxy.ts'

const key = await generateSigningKey()
const servers = [serverOf('a'), serverOf('b')]
let worker: LocalWorker
let urls: string[] = []

beforeAll(async () => {
  // Servers given as an IP address are refused, so they have a name.
  for (const server of servers) await once(server.listen(0, 'localhost'), 'listening')
  urls = servers.map((server) => `http://localhost:${(server.address() as AddressInfo).port}`)
  worker = await startLocalWorker({
    host: '127.0.0.1',
    port: 0,
    shared: true,
    modules: networkModules(),
    vars: {
      SIGNALBOX_TRUST_CALLER: 'false',
      SIGNALBOX_PUBLIC_KEYS: key.publicKey,
      SIGNALBOX_LOG_LEVEL: 'panic',
      SIGNALBOX_REFRESH_MS: '600000',
    },
  })
})

afterAll(async () => {
  await worker.stop()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** Tells what it has seen, but for paths that want something else. */
function serverOf(name: string) {
  return createServer((incoming, response) => {
    response.setHeader('X-Origin', name)
    const [, kind, argument] = incoming.url!.split('/')
    if (kind === 'silent') return
    if (kind === 'text') return void response.setHeader('Content-Type', 'text/plain').end('words '.repeat(1000))
    if (kind === 'untyped') return void response.end('<!DOCTYPE html><p>hello')
    if (kind === 'status') return void response.writeHead(Number(argument)).end()
    void tell(name, incoming, response)
  })
}

async function tell(name: string, incoming: IncomingMessage, response: ServerResponse) {
  let body = ''
  for await (const chunk of incoming) body += chunk
  const { method, url, headers } = incoming
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ name, method, url, headers, body }))
}

/** Not by `fetch`, which has a host and content codings of its own. */
async function ask(
  scheme: 'http' | 'https',
  { path = '/', method = 'GET', headers = {}, content, client, cf }: Exchange,
) {
  const { hostname, port } = worker.url
  // A limit for a client is not used up by the other scheme.
  const front = { scheme, client: client ?? (scheme === 'http' ? '198.51.100.1' : '198.51.100.2'), cf }
  const fields = { 'X-Front': JSON.stringify(front), ...headers }
  const outgoing = request({ hostname, port, path, method, headers: fields }).end(content)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, fields: response.headers, text: Buffer.concat(chunks).toString('latin1') }
}

describe.each(['http', 'https'] as const)(
  'what check --target edge lets pass is served to requests by %s',
  (scheme) => {
    test.each(edgeCases)('$name', async ({ http, exchanges }) => {
      await publish(worker.kv, await planOf({ http: http(urls[0]!, urls[1]!) }), key, Date.now())
      // The run makes the isolate take the plan over now.
      await worker.runScheduled()
      for (const exchange of exchanges) {
        if ((exchange.scheme ?? scheme) !== scheme) continue
        const { status, fields, text } = await ask(scheme, exchange)
        expect([status, text]).toEqual([exchange.status, expect.anything()])
        if (exchange.text !== undefined) expect(text).toMatch(exchange.text)
        for (const [name, wanted] of Object.entries(exchange.fields ?? {})) {
          const value = fields[name]
          if (wanted === null) expect([name, value]).toEqual([name, undefined])
          else expect(String(value)).toMatch(wanted)
        }
      }
    })
  },
)

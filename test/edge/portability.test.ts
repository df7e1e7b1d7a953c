import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalWorker, startLocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { capabilities } from '../../src/compiler/planning/capabilities.ts'
import type { CapabilityName } from '../../src/compiler/planning/portability/findings.ts'
import { type Exchange, edgeCases } from '../support/edge-cases.ts'
import { edgeRows } from '../support/edge-rows.ts'
import { networkModules, planOf } from './proxy.ts'

const key = await generateSigningKey()
const servers = [serverOf('a'), serverOf('b')]
/** Cases that have passed, by scheme and name. */
const passed = new Set<string>()
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
    test.each(edgeCases)('$name', async ({ name, http, exchanges }) => {
      await publish(worker.kv, await planOf({ http: http(urls[0]!, urls[1]!) }), key, Date.now())
      // The run makes the isolate take the plan over now.
      await worker.runScheduled()
      let server: unknown
      for (const exchange of exchanges) {
        if ((exchange.scheme ?? scheme) !== scheme) continue
        const { status, fields, text } = await ask(scheme, exchange)
        expect([status, text]).toEqual([exchange.status, expect.anything()])
        if (exchange.text !== undefined) expect(text).toMatch(exchange.text)
        if (exchange.isSameServer) expect(fields['x-origin']).toBe(server)
        server = fields['x-origin']
        for (const [name, wanted] of Object.entries(exchange.fields ?? {})) {
          const value = fields[name]
          if (wanted === null) expect([name, value]).toEqual([name, undefined])
          else expect(String(value)).toMatch(wanted)
        }
      }
      passed.add(`${scheme}: ${name}`)
    })
  },
)

describe('a row of the table of what works where that says yes for Workers is shown here', () => {
  const rows = Object.entries(capabilities).filter(([, { edge }]) => edge.state === 'yes' || edge.state === 'adapted')
  test.each(rows.map(([row]) => row as CapabilityName))('%s', (row) => {
    const proofs = edgeRows[row] ?? []
    expect(proofs).not.toHaveLength(0)
    for (const proof of proofs) {
      if (typeof proof === 'string')
        for (const scheme of ['http', 'https']) expect(passed).toContain(`${scheme}: ${proof}`)
      else expect(readFileSync(path.join(import.meta.dirname, proof.file), 'utf8')).toContain(`'${proof.test}'`)
    }
  })

  test('and no other row claims to be', () => {
    const names = rows.map(([row]) => row)
    expect(Object.keys(edgeRows).filter((row) => !names.includes(row))).toEqual([])
  })
})

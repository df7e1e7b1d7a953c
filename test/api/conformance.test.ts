import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing } from '../support/api.ts'
import { freePort } from '../support/free-port.ts'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'

interface Case {
  readonly name: string
  readonly request: { readonly method: string; readonly path: string }
  readonly expect: {
    readonly status: number
    readonly headers?: Readonly<Record<string, unknown>>
    readonly json?: Record<string, unknown>
    readonly text?: string
    readonly names?: readonly string[]
  }
}

const data = JSON.parse(readFileSync('../shared/conformance/data/api.json', 'utf8')) as {
  flags: string[]
  dynamic: object
  cases: Case[]
}

let proxy: TestProxy
let api = ''

beforeAll(async () => {
  const [dns, traefik] = [await freePort(), await freePort()]
  api = `http://127.0.0.1:${traefik}`
  // The proxy of the tests brings its own `web`.
  const flags = data.flags
    .filter((flag) => !flag.includes('entryPoints.web'))
    .map((flag) => flag.replace('{{port.dns}}', String(dns)).replace('{{port.traefik}}', String(traefik)))
  proxy = await startProxy(JSON.stringify(data.dynamic), flags)
})

afterAll(() => proxy.stop())

describe('cases of the conformance data', () => {
  test.each(data.cases.filter(({ name }) => name !== 'ping'))('$name', async ({ request, expect: wanted }) => {
    const response = await fetch(api + request.path, { method: request.method, redirect: 'manual' })
    const text = await response.text()
    expect(response.status).toBe(wanted.status)
    for (const [name, value] of Object.entries(wanted.headers ?? {})) {
      expect(missing(value, response.headers.get(name))).toEqual([])
    }
    if (wanted.text !== undefined) expect(text).toBe(wanted.text)
    if (wanted.names !== undefined) {
      expect((JSON.parse(text) as { name: string }[]).map(({ name }) => name)).toEqual(wanted.names)
    }
    if (wanted.json !== undefined) expect(missing(wanted.json, JSON.parse(text))).toEqual([])
  })

  test('ping', async () => {
    const traefik = await freePort()
    const pinged = await startProxy(JSON.stringify(data.dynamic), [
      '--api.insecure',
      '--ping',
      `--entryPoints.traefik.address=127.0.0.1:${traefik}`,
      `--entryPoints.dns.address=127.0.0.1:${await freePort()}/udp`,
    ])
    const response = await fetch(`http://127.0.0.1:${traefik}/ping`)
    const { expect: wanted } = data.cases.find(({ name }) => name === 'ping')!
    expect([response.status, await response.text()]).toEqual([wanted.status, wanted.text])
    await pinged.stop()
  })
})

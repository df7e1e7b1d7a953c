import { describe, expect, test } from 'vitest'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { STATUS_FIELD, STATUS_PATH } from '../../src/plan/signed-fields.ts'
import { type StatusRequest, signStatusRequest } from '../../src/plan/signed-request.ts'
import type { WorkerStatus } from '../../src/plan/worker-status.ts'
import { until } from '../support/until.ts'
import { behindNetwork, echo, everything, planOf } from './proxy.ts'

const key = await generateSigningKey()
const stranger = await generateSigningKey()
const AUDIENCE = 'shop/tests'

const vars = {
  SIGNALBOX_PUBLIC_KEYS: key.publicKey,
  SIGNALBOX_AUDIENCE: AUDIENCE,
  SIGNALBOX_REFRESH_MS: '100',
  SIGNALBOX_LOG_LEVEL: 'panic',
}

const question = (more: Partial<StatusRequest> = {}, signer = key): Promise<string> => {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url')
  return signStatusRequest({ audience: AUDIENCE, path: STATUS_PATH, time: Date.now(), nonce, ...more }, signer)
}

const ask = (url: URL, asked: string, path = STATUS_PATH) =>
  fetch(new URL(path, url), { headers: { [STATUS_FIELD]: asked } })

async function statusAt(url: URL): Promise<WorkerStatus> {
  const response = await ask(url, await question())
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  return (await response.json()) as WorkerStatus
}

describe('the status of a worker', () => {
  test('says what isolates of each location serve, and what went wrong', async () => {
    const { url } = await echo('a')
    const started = await behindNetwork(vars, { shared: true, isolates: 3 })
    const first = await publish(started.kv, await planOf(everything([url])), key, Date.now(), { audience: AUDIENCE })
    const colos = ['FRA', 'AMS', 'CDG']
    const visit = () =>
      Promise.all(
        started.urls.map((at, i) => fetch(at, { headers: { 'X-Front': JSON.stringify({ cf: { colo: colos[i] } }) } })),
      )
    const locationsOf = ({ report }: WorkerStatus) =>
      report!.locations.map(({ location, revision, from, isolates }) => [location, revision, from, isolates])
    const seen = async () => {
      await visit()
      return statusAt(started.url)
    }
    const all = (revision: number) => [...colos].sort().map((colo) => [colo, revision, 'kv', 1])
    const status = await until(seen, (found) => found.report?.locations.length === 3)
    expect(locationsOf(status)).toEqual(all(first.revision))
    expect(status).toMatchObject({
      isolate: { location: 'FRA', revision: first.revision, from: 'kv' },
      kv: { bound: true, reachable: true, reason: '' },
      object: { bound: true, reachable: true, reason: '' },
      servers: [],
      report: { problems: [] },
    })

    // Each tells at once when it has taken another one over.
    const second = await publish(started.kv, await planOf(everything([url])), key, Date.now(), { audience: AUDIENCE })
    const after = await until(seen, (found) =>
      found.report!.locations.every(({ revision }) => revision === second.revision),
    )
    expect(locationsOf(after)).toEqual(all(second.revision))
  })

  test('says of each server how its last check went', async () => {
    const { url } = await echo('a')
    const started = await behindNetwork(vars, { shared: true })
    const servers = [url, 'http://ann:hunter2@localhost:1']
    const plan = await planOf(everything(servers, { healthCheck: { path: '/', interval: '1s', timeout: '1s' } }))
    await publish(started.kv, plan, key, Date.now(), { audience: AUDIENCE })
    const { servers: found } = await until(
      () => statusAt(started.url),
      (status) => status.servers.some(({ up }) => !up),
    )
    expect(found).toMatchObject([
      { service: 's@file', server: url, up: true, reason: '' },
      { service: 's@file', up: false, reason: expect.stringMatching(/./) },
    ])
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })

  test('is nothing to everybody else: the same bytes as for any unknown path', async () => {
    const { url } = await echo('a')
    const started = await behindNetwork(vars, { shared: true })
    const some = { http: { ...everything([url]).http, routers: { r: { rule: 'Path(`/known`)', service: 's' } } } }
    await publish(started.kv, await planOf(some), key, Date.now(), { audience: AUDIENCE })
    await until(
      () => fetch(new URL('/known', started.url)),
      ({ status }) => status === 200,
    )
    const bytes = async (response: Response) => ({
      status: response.status,
      headers: [...response.headers].filter(([name]) => name !== 'date'),
      body: await response.text(),
    })
    const unknown = await bytes(await fetch(new URL('/.well-known/signalbox/other', started.url)))
    expect(unknown.status).toBe(404)
    const used = await question()
    expect((await ask(started.url, used)).status).toBe(200)
    const now = Date.now()
    for (const asked of [
      used,
      await question({ time: now - 61_000 }),
      await question({ time: now + 10_000 }),
      await question({ audience: 'shop/others' }),
      await question({ path: '/other' }),
      await question({ nonce: 'short' }),
      await question({ time: Number.NaN }),
      await question({}, stranger),
      (await question()).slice(0, 100),
      'x'.repeat(10_000),
      '',
    ]) {
      expect(await bytes(await ask(started.url, asked))).toEqual(unknown)
    }
    expect(await bytes(await ask(started.url, await question(), `/else${STATUS_PATH}`))).toEqual(unknown)
    expect(await bytes(await fetch(new URL(STATUS_PATH, started.url)))).toEqual(unknown)
    const posted = await fetch(new URL(STATUS_PATH, started.url), {
      method: 'POST',
      headers: { [STATUS_FIELD]: await question() },
    })
    expect(await bytes(posted)).toEqual(unknown)
  })

  test('a router that has the path gets it, without what asks for the status', async () => {
    const { url } = await echo('a')
    const started = await behindNetwork(vars)
    await publish(started.kv, await planOf(everything([url])), key, Date.now(), { audience: AUDIENCE })
    const response = await until(
      async () => ask(started.url, await question({}, stranger)),
      ({ status }) => status === 200,
    )
    const seen = (await response.json()) as { url: string; headers: Record<string, string> }
    expect(seen.url).toBe(STATUS_PATH)
    expect(Object.keys(seen.headers).filter((name) => name.startsWith('x-signalbox'))).toEqual([])
  })

  test('without an object it is what this isolate knows', async () => {
    const started = await behindNetwork(vars)
    const asked = await question()
    const status = (await (await ask(started.url, asked)).json()) as WorkerStatus
    expect(status).toMatchObject({
      object: { bound: false, reachable: false },
      report: null,
      isolate: { revision: null },
    })
    expect((await ask(started.url, asked)).status).toBe(503)
  })
})

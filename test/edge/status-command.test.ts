import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { type EdgeStatus, edgeStatusSchema } from '../../adapters/cli/edge/status-schema.ts'
import { locationsBehind } from '../../adapters/cli/edge/wait.ts'
import { STATUS_PATH } from '../../src/plan/signed-fields.ts'
import { importPublicKeys, SignedValueError } from '../../src/plan/signed-line.ts'
import { type DebugToken, openDebugToken, signDebugToken, signStatusRequest } from '../../src/plan/signed-request.ts'
import { until } from '../support/until.ts'
import { edge, goingOn } from './command.ts'
import { project, routing } from './project.ts'
import { behindNetwork, echo } from './proxy.ts'

const AUDIENCE = 'shop/staging'

/** A project whose published values reach workers, each in a location of its own. */
async function shop({ shared = true, locations = ['FRA'] as readonly string[] } = {}) {
  const { api, key, env, folder, write } = await project()
  write('wrangler.jsonc', {
    name: 'shop',
    env: {
      staging: {
        kv_namespaces: [{ binding: 'SIGNALBOX_KV', id: 'ns1' }],
        vars: { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_AUDIENCE: AUDIENCE },
      },
    },
  })
  const vars = {
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_AUDIENCE: AUDIENCE,
    SIGNALBOX_REFRESH_MS: '100',
    SIGNALBOX_LOG_LEVEL: 'panic',
  }
  const worker = await behindNetwork(vars, { shared, isolates: locations.length })
  const run = (...args: string[]) => edge([...args, '--env', 'staging'], env, folder)
  const at = ['--url', worker.url.origin]
  /** What the API has been given is what workers read. */
  const spread = async () => {
    for (const [name, { value }] of api.values) await worker.kv.put(name, value)
  }
  /** @param unreadable the location whose isolate can't read KV */
  const visit = (unreadable = '') =>
    Promise.all(
      worker.urls.map(async (url, i) => {
        const kv = locations[i] === unreadable ? 'fails' : 'reads'
        const front = JSON.stringify({ cf: { colo: locations[i] }, kv })
        await (await fetch(url, { headers: { 'X-Front': front } })).text()
      }),
    )
  return { api, key, worker, run, at, spread, visit, write, folder, env }
}

describe('edge status', { timeout: 60_000 }, () => {
  test('shows what is live, for people and by its schema', async () => {
    const { url } = await echo('a')
    const { run, at, spread, visit, write, worker } = await shop({ locations: ['FRA', 'AMS'] })
    const servers = [{ url: url.replace('127.0.0.1', 'localhost') }, { url: 'http://ann:hunter2@localhost:1' }]
    const healthCheck = { path: '/', interval: '1s', timeout: '1s' }
    const { http } = routing('a')
    write('routing.yml', {
      http: { ...http, services: { s: { loadBalancer: { passHostHeader: false, servers, healthCheck } } } },
    })
    expect(await run('push', '--config', 'routing.yml', '--author', 'Ann')).toMatchObject({ code: 0, stderr: '' })
    await spread()
    expect(await run('drain', 's', 'http://ann:hunter2@localhost:1')).toMatchObject({ code: 0, stderr: '' })
    const look = async () => {
      await visit()
      const { code, stdout, stderr } = await run('status', ...at, '--json')
      expect([stderr, code]).toEqual(['', 0])
      return edgeStatusSchema.parse(JSON.parse(stdout))
    }
    const status: EdgeStatus = await until(
      look,
      (found) => found.locations.filter(({ isLive }) => isLive).length === 2 && found.servers.some(({ up }) => !up),
    )
    expect(status).toMatchObject({
      environment: 'staging',
      url: worker.url.origin,
      live: { author: 'Ann', rollbackOf: null },
      kv: { reachable: true },
      object: { reachable: true },
      flags: { drained: [{ service: 's@file', url: 'http://******@localhost:1' }], maintenance: {} },
    })
    expect(status.locations.map(({ location }) => location)).toEqual(['AMS', 'FRA'])
    const { stdout } = await run('status', ...at)
    expect(stdout).toMatch(/^Worker {5}http:\/\/127\.0\.0\.1:\d+ \(staging\)\nRevision {3}\d+\nDigest/)
    expect(stdout).toMatch(/\nFRA +\d+ +kv +\d+ s +20\S+Z +\d+\.\d+\.\d+ +1\n/)
    expect(stdout).toMatch(/localhost:1 +s@file +down +20\S+Z +\S/)
    expect(stdout).not.toContain('hunter2')
  })

  test('looks again by itself until somebody ends it', async () => {
    const { run, at, write, spread, visit, env, folder } = await shop()
    const publish = async (...names: string[]) => {
      write('routing.yml', routing(...names))
      expect(await run('push', '--config', 'routing.yml')).toMatchObject({ code: 0 })
      await spread()
    }
    await publish('a')
    await visit()
    const watching = goingOn(['status', '--watch', '--json', '--env', 'staging', ...at], env, folder)
    /** A line for each look. */
    const looks = () =>
      watching
        .said()
        .split('\n')
        .slice(0, -1)
        .map((line) => edgeStatusSchema.parse(JSON.parse(line)))
    const revisionOf = (status: EdgeStatus | undefined) => status?.live?.revision ?? 0
    const [first] = await until(looks, (found) => found.length > 0, 30_000)
    await publish('a', 'b')
    const found = await until(
      async () => {
        await visit()
        return looks()
      },
      (all) => revisionOf(all.at(-1)) > revisionOf(first) && all.at(-1)!.locations.some(({ isLive }) => isLive),
      30_000,
    )
    expect(found.length).toBeGreaterThan(1)
    expect(watching.hasEnded()).toBe(false)
  })

  test('exits with 4 where no object is bound, and says what is missing', async () => {
    const { run, at, write, spread } = await shop({ shared: false })
    write('routing.yml', routing('a'))
    expect((await run('push', '--config', 'routing.yml')).code).toBe(0)
    await spread()
    const { code, stdout } = await run('status', ...at)
    expect([code, stdout]).toEqual([4, expect.stringContaining('has no SIGNALBOX_STATE bound')])
    expect((await run('push', '--config', 'routing.yml', '--wait', '5', ...at)).stderr).toContain(
      'does not know what locations serve (it has no SIGNALBOX_STATE bound): nothing was published',
    )
  })

  test('needs to know where the Worker is, and is not asked in the clear', async () => {
    const { run, write, key } = await shop()
    expect((await run('status')).stderr).toContain('has no route for a whole host: pass --url https://HOST')
    expect((await run('status', '--url', 'http://shop.example.com')).stderr).toContain('use https')
    write('wrangler.jsonc', {
      routes: [{ pattern: '*.example.test/*' }, { pattern: 'shop.invalid/*' }],
      env: {
        staging: {
          kv_namespaces: [{ binding: 'SIGNALBOX_KV', id: 'ns1' }],
          vars: { SIGNALBOX_PUBLIC_KEYS: key.publicKey },
        },
      },
    })
    expect((await run('status')).stderr).toContain("https://shop.invalid can't be reached")
  })

  test('says why a Worker may not believe it', async () => {
    const { url } = await echo('a')
    const { run } = await shop()
    expect((await run('status', '--url', url)).stderr).toContain('does not tell its status')
  })
})

/** Does something again and again until the test is over, and before its worker stops. */
function goOn(step: () => Promise<void>): void {
  let isOver = false
  const going = (async () => {
    for (; !isOver; await sleep(100)) await step()
  })()
  onTestFinished(async () => {
    isOver = true
    await going
  })
}

describe('edge push --wait', { timeout: 90_000 }, () => {
  test('returns when all locations serve it, and names the one that can\u2019t read KV', async () => {
    const { run, at, spread, visit, write } = await shop({ locations: ['FRA', 'AMS', 'CDG'] })
    goOn(async () => {
      await spread()
      await visit('CDG')
    })
    const heardOf = async () => {
      const { stdout } = await run('status', ...at, '--json')
      return edgeStatusSchema.parse(JSON.parse(stdout)).locations.map(({ location }) => location)
    }
    await until(heardOf, (locations) => locations.includes('CDG'))
    write('routing.yml', routing('a'))
    const late = await run('push', '--config', 'routing.yml', '--wait', '8', ...at)
    expect(late).toMatchObject({ code: 3, stderr: '' })
    expect(late.stdout).toMatch(/Not every location serves revision \d+:\n {2}CDG: nothing, last heard of at 20\S+Z\n$/)
  })

  test('returns as soon as all do', async () => {
    const { run, at, spread, visit, write } = await shop({ locations: ['FRA', 'AMS', 'CDG'] })
    write('routing.yml', routing('a'))
    expect((await run('push', '--config', 'routing.yml')).code).toBe(0)
    await spread()
    await visit()
    goOn(async () => {
      await spread()
      await visit()
    })
    expect(await run('push', '--config', 'routing.yml', '--wait', '60', ...at)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Every location that was heard of serves revision'),
    })
  })

  test('goes by who was heard of since', () => {
    const state = (location: string, revision: number | null, heardAt: number) => ({
      ...{ location, revision, heardAt, from: 'kv', version: '', isolates: 1, since: 0 },
    })
    const behind = (...states: ReturnType<typeof state>[]) =>
      locationsBehind(states, 5, 100).map(({ location, revision }) => [location, revision])
    expect(behind(state('A', 5, 110), state('B', 6, 120))).toEqual([])
    expect(behind(state('A', 5, 110), state('B', 4, 90))).toEqual([['B', 4]])
    // One that has ended, and one that goes on.
    expect(behind(state('A', 5, 110), state('A', 4, 90))).toEqual([])
    expect(behind(state('A', 5, 110), state('A', 4, 120))).toEqual([['A', 4]])
    expect(behind(state('A', null, 110))).toEqual([['A', null]])
  })
})

describe('the debug header', { timeout: 60_000 }, () => {
  test('shows the holder of a token what an answer came by, and nobody else; no server sees the token', async () => {
    const { url } = await echo('a')
    const { run, worker, write, spread } = await shop()
    const { http } = routing('a')
    const named = url.replace('127.0.0.1', 'localhost').replace('//', '//ann:hunter2@')
    write('routing.yml', {
      http: { ...http, services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: named }] } } } },
    })
    const pushed = await run('push', '--config', 'routing.yml', '--json')
    const { revision } = JSON.parse(pushed.stdout) as { revision: number }
    await spread()
    const ask = async (token: string, path = '/a') => {
      const response = await fetch(new URL(path, worker.url), { headers: { 'X-Signalbox-Token': token } })
      return { header: response.headers.get('x-signalbox'), status: response.status, text: await response.text() }
    }
    await until(
      () => ask(''),
      ({ status }) => status === 200,
    )
    const { stdout } = await run('token', '--minutes', '5')
    const token = stdout.trim()
    const known = await ask(token)
    expect(known.header).toBe(
      `rev=${revision} router=a@file server=${url.replace('127.0.0.1', 'localhost')} plan=kv`.replace(
        '//',
        '//******@',
      ),
    )
    expect((await ask(token, '/other')).header).toBe(`rev=${revision} router=none server=none plan=kv`)
    for (const other of ['', 'x', token.slice(1), `${token}A`, token.toUpperCase()]) {
      const { header, status, text } = await ask(other)
      expect([header, status]).toEqual([null, 200])
      expect(text.toLowerCase()).not.toContain('x-signalbox')
    }
    expect(known.text.toLowerCase()).not.toContain('x-signalbox')
    expect((await run('token', '--minutes', '1441')).code).toBe(2)
  })

  test('is for those who are known to the Worker, and not for longer than said', async () => {
    const key = await generateSigningKey()
    const reader = { keys: await importPublicKeys(key.publicKey), audience: AUDIENCE }
    const now = Date.now()
    const open = async (token: Partial<DebugToken>, signer = key) =>
      openDebugToken(
        await signDebugToken({ audience: AUDIENCE, time: now, expires: now + 1000, ...token }, signer),
        reader,
        now,
      )
    expect(await open({})).toMatchObject({ expires: now + 1000 })
    for (const bad of [
      { expires: now },
      { expires: now + 25 * 3_600_000 },
      { time: now + 120_000, expires: now + 180_000 },
      { audience: 'shop/others' },
      { expires: Number.NaN },
    ]) {
      await expect(open(bad)).rejects.toThrow(SignedValueError)
    }
    await expect(open({}, await generateSigningKey())).rejects.toThrow(SignedValueError)
    // What is signed for one purpose is of no use for another.
    const asked = { audience: AUDIENCE, path: STATUS_PATH, time: now, nonce: 'n'.repeat(22) }
    await expect(openDebugToken(await signStatusRequest(asked, key), reader, now)).rejects.toThrow(SignedValueError)
  })
})

import { describe, expect, test } from 'vitest'
import { EventStream } from '../../src/api/events.ts'
import type { StreamBody } from '../../src/http/body.ts'
import { apiOptions } from '../support/api.ts'
import { fetchApi } from '../support/fetch-api.ts'
import { FakeClock } from '../support/ports.ts'
import { one, serviceBench } from '../support/services.ts'

function rig() {
  const clock = new FakeClock()
  const events = new EventStream(clock)
  const listen = () => {
    const answer = events.listen()
    const reader = (answer.content as StreamBody).stream().getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    return { answer, reader, next }
  }
  return { clock, events, listen }
}

describe('events', () => {
  test('whoever listens gets what comes from then on', async () => {
    const { events, listen } = rig()
    events.emit('problems', () => ({ errors: 1, warnings: 0 }))
    const { answer, next } = listen()
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(await next()).toBe(': hello\n\n')
    events.emit('switched', () => ({ middleware: 'off@file', on: null }))
    expect(await next()).toBe('event: switched\ndata: {"middleware":"off@file","on":null}\n\n')
  })

  test('while nobody listens nothing is computed and no timer runs', async () => {
    const { clock, events, listen } = rig()
    let computed = 0
    const tell = () =>
      events.emit('problems', () => {
        computed++
        return {}
      })
    tell()
    expect([computed, clock.waiting]).toEqual([0, 0])
    const { reader } = listen()
    tell()
    expect([computed, clock.waiting]).toEqual([1, 1])
    await reader.cancel()
    tell()
    expect([computed, clock.waiting]).toEqual([1, 0])
  })

  test('a comment every 15 s', async () => {
    const { clock, listen } = rig()
    const { next } = listen()
    await next()
    for (let i = 0; i < 3; i++) {
      clock.advance(15_000)
      expect(await next()).toBe(': still here\n\n')
    }
  })

  test('twenty may listen; whoever leaves makes place', async () => {
    const { listen } = rig()
    const all = Array.from({ length: 20 }, () => listen())
    const refused = listen().answer
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    await all[3]!.reader.cancel()
    expect(listen().answer.status).toBe(200)
  })

  test('whoever falls behind by 64 KiB is ended, nobody else', async () => {
    const { events, listen } = rig()
    const slow = listen()
    const quick = listen()
    await quick.next()
    for (let i = 0; i < 100; i++) {
      events.emit('drained', () => ({ service: 'x'.repeat(1_000) }))
      expect(await quick.next()).toContain('event: drained')
    }
    await expect(slow.reader.read()).rejects.toThrow('fell behind')
    // Its place is free again.
    for (let i = 0; i < 19; i++) expect(listen().answer.status).toBe(200)
  })

  test('all end with the proxy, and nobody comes any more', async () => {
    const { clock, events, listen } = rig()
    const { reader } = listen()
    events.close()
    expect((await reader.read()).done).toBe(false)
    expect((await reader.read()).done).toBe(true)
    expect([listen().answer.status, clock.waiting]).toEqual([503, 0])
  })

  test('by the API: GET alone, and 404 where nothing is told', async () => {
    const { snapshot } = serviceBench({ app: one('a') })
    const api = fetchApi(() => snapshot, { ...apiOptions, events: rig().events })
    const status = async (handler: typeof api, method: string) =>
      (await handler(new Request('http://api.example/api/events', { method }))).status
    expect([await status(api, 'GET'), await status(api, 'POST')]).toEqual([200, 405])
    expect(
      await status(
        fetchApi(() => snapshot, apiOptions),
        'GET',
      ),
    ).toBe(404)
  })
})

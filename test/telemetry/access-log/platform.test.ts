import { describe, expect, test } from 'vitest'
import type { AccessLogPlatform } from '../../../src/telemetry/access-log/access-log.ts'
import { type AccessSketch, accessLines, type ExchangeSketch, proxied } from '../../support/access-log.ts'

const edge: AccessLogPlatform = {
  fields: { Colo: () => 'FRA', ASN: () => 64500, Country: () => undefined },
  longestLine: 16_384,
  isEndCostly: true,
}

describe('a share of the requests', () => {
  test.each([
    [0.25, 0.3, 200, 0],
    [0.25, 0.2, 200, 1],
    [0, 0, 404, 0],
    [0, 0, 500, 1],
    [0.25, 0.9, 502, 1],
    [1, 0.999, 200, 1],
  ])('%f, chance %f, status %i: %i lines', (sample, chance, status, lines) => {
    const exchange = { end: { status } }
    expect(accessLines({ sample, random: () => chance }, exchange)).toHaveLength(lines)
  })
})

describe('fields of a platform', () => {
  test('stand among the others, by name', () => {
    const [line] = accessLines({ format: 'json', platform: edge }, proxied)
    const names = Object.keys(JSON.parse(line!) as object)
    expect(names.slice(0, 4)).toEqual(['ASN', 'ClientAddr', 'ClientHost', 'ClientPort'])
    expect(names).toContain('Colo')
    expect(names).not.toContain('Country')
  })

  test('are kept and dropped like the others', () => {
    const fields = { defaultMode: 'drop', names: { colo: 'keep' } } as const
    const [line] = accessLines({ format: 'json', platform: edge, fields }, proxied)
    expect(JSON.parse(line!)).toEqual({ Colo: 'FRA', level: 'info', msg: '', time: expect.anything() })
  })
})

describe('a line that is too long', () => {
  const long = '"\u0001'.repeat(20_000)
  const request = { target: `/${'a'.repeat(20_000)}`, headers: ['User-Agent', long, 'Referer', long, 'X-Long', long] }
  test.each(['json', 'common', 'genericCLF'] as const)('is cut, as %s, and stays a line of its format', (format) => {
    const options: AccessSketch = { format, fields: { headers: { defaultMode: 'keep' } } }
    const exchange: ExchangeSketch = { request, record: { username: long } }
    const [whole] = accessLines(options, exchange)
    expect(whole!.length).toBeGreaterThan(20_000)
    const [cut] = accessLines({ ...options, platform: edge }, exchange)
    expect(cut!.length).toBeLessThan(16_384)
    expect(cut).toMatch(/^[^\n]*\n$/)
    if (format === 'json') {
      expect(JSON.parse(cut!)).toMatchObject({ RequestPath: `/${'a'.repeat(255)}\u2026`, DownstreamStatus: 200 })
    } else expect(cut).toMatch(/" 200 5 "/)
  })
})

describe('a line that says nothing of the end', () => {
  const fields = {
    defaultMode: 'drop',
    names: { DownstreamStatus: 'keep', RequestPath: 'keep', RouterName: 'keep' },
  } as const
  test.each<[string, AccessSketch, number]>([
    ['is written with the head of the answer', {}, 201],
    ['waits where the time counts', { filters: { minDurationMs: 1 } }, 499],
    ['waits where a field is of the end', { fields: { ...fields, names: { ...fields.names, Duration: 'keep' } } }, 499],
  ])('%s', (_what, more, status) => {
    const options: AccessSketch = { format: 'json', fields, ...more }
    const exchange: ExchangeSketch = { ...proxied, response: { status: 201 }, end: { status: 499, aborted: true } }
    const [line] = accessLines({ ...options, platform: edge }, exchange)
    expect(JSON.parse(line!)).toMatchObject({ DownstreamStatus: status, RouterName: 'shop@file' })
  })
})

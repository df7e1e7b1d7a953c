import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../../adapters/node/telemetry/logger.ts'
import { RotatingFile } from '../../../adapters/node/telemetry/rotating-file.ts'
import type { LogOptions } from '../../../src/compiler/install/log-options.ts'
import { until } from '../../support/until.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const clock = { date: () => new Date('2026-11-25T13:00:00Z') }
const options = (more: Partial<LogOptions>): LogOptions => ({
  level: 'INFO',
  format: 'common',
  noColor: false,
  filePath: join(folder, 'sub', 'app.log'),
  maxSizeMegabytes: 0,
  maxAgeDays: 0,
  maxBackups: 0,
  ...more,
})

test('a file gets plain lines from its level on', async () => {
  const log = createLogger(options({}), clock)
  log.log('debug', 'not this')
  log.log('info', 'this', { a: 1 })
  await log.close()
  expect(readFileSync(join(folder, 'sub', 'app.log'), 'utf8')).toMatch(/^2026-11-25T\S+ INF this a=1\n$/)
})

test('a level that does not exist means error, and is said', async () => {
  const log = createLogger(options({ level: 'loud', format: 'json' }), clock)
  log.log('warn', 'not this')
  log.flush()
  expect(JSON.parse(readFileSync(join(folder, 'sub', 'app.log'), 'utf8'))).toMatchObject({
    level: 'error',
    logLevel: 'loud',
  })
  await log.close()
})

test('a full file is put aside, compressed, and the oldest goes', async () => {
  const path = join(folder, 'app.log')
  for (const day of ['01', '02']) writeFileSync(join(folder, `app-2026-11-${day}T00-00-00.000.log`), day)
  writeFileSync(join(folder, 'app-other.log'), 'not ours')
  writeFileSync(path, 'x'.repeat(600_000))
  const reports: string[] = []
  const file = new RotatingFile(
    path,
    { maxSizeMegabytes: 1, maxAgeDays: 0, maxBackups: 2 },
    () => new Date('2026-11-25T13:00:00.000Z'),
    (message) => reports.push(message),
  )
  expect(file.isFull(400_000)).toBe(false)
  expect(file.isFull(400_000)).toBe(true)
  file.rotate()
  await file.settled()
  expect(readdirSync(folder).sort()).toEqual([
    'app-2026-11-02T00-00-00.000.log.gz',
    'app-2026-11-25T13-00-00.000.log.gz',
    'app-other.log',
  ])
  expect(gunzipSync(readFileSync(join(folder, 'app-2026-11-25T13-00-00.000.log.gz'))).length).toBe(600_000)
  expect(file.isFull(600_000)).toBe(false)
  expect(reports).toEqual([])
})

test('old parts go by age', async () => {
  const path = join(folder, 'app.log')
  writeFileSync(join(folder, 'app-2026-11-01T00-00-00.000.log.gz'), '')
  writeFileSync(join(folder, 'app-2026-11-20T00-00-00.000.log.gz'), '')
  writeFileSync(path, 'x')
  const file = new RotatingFile(
    path,
    { maxSizeMegabytes: 1, maxAgeDays: 10, maxBackups: 0 },
    () => new Date('2026-11-25T00:00:00Z'),
    () => {},
  )
  file.rotate()
  await file.settled()
  expect(readdirSync(folder).sort()).toEqual([
    'app-2026-11-20T00-00-00.000.log.gz',
    'app-2026-11-25T00-00-00.000.log.gz',
  ])
})

test('the logger rotates', async () => {
  const path = join(folder, 'app.log')
  const log = createLogger(options({ filePath: path, maxSizeMegabytes: 1 }), clock)
  // What is written together stays together.
  for (const number of ['first', 'second', 'third']) {
    log.log('info', `${number} ${'x'.repeat(600_000)}`)
    await until(
      () => readFileSync(path, 'utf8'),
      (text) => text.includes(number),
    )
  }
  await log.close()
  expect(readdirSync(folder).length).toBeGreaterThan(1)
})

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LineSink } from '../../../adapters/node/telemetry/line-sink.ts'
import { until } from '../../support/until.ts'

let folder: string
let reports: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sink-'))
  reports = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (path: string) => new LineSink({ path, report: (message) => reports.push(message) })
const read = (path: string) => readFileSync(path, 'utf8')

describe('a file', () => {
  test('takes lines in order, in folders that it makes', async () => {
    const path = join(folder, 'a', 'b', 'access.log')
    const sink = open(path)
    for (let i = 0; i < 1000; i++) sink.write(`line ${i} é\n`)
    await sink.close()
    expect(read(path)).toBe(Array.from({ length: 1000 }, (_, i) => `line ${i} é\n`).join(''))
    expect(reports).toEqual([])
  })

  test.each([10, 40_000])('takes lines of %i characters that come a few at a time', async (length) => {
    const path = join(folder, 'access.log')
    const sink = open(path)
    const lines = Array.from({ length: 200 }, (_, i) => `${i} ${'€'.repeat((length * (1 + (i % 3))) / 3)}\n`)
    for (const [i, line] of lines.entries()) {
      sink.write(line)
      if (i % 7 === 0) await new Promise((resolve) => setTimeout(resolve, i % 4))
    }
    await until(
      () => read(path).length,
      (read) => read === lines.join('').length,
    )
    await sink.close()
    expect(read(path)).toBe(lines.join(''))
  })

  test('takes lines as octets among others, in order, and none that was not added', async () => {
    const path = join(folder, 'access.log')
    const sink = open(path)
    const lines = Array.from({ length: 900 }, (_, i) => `${i} ${'x'.repeat(i % 7 === 0 ? 40_000 : i % 900)}\n`)
    for (const [i, line] of lines.entries()) {
      expect(sink.begin(1000)).toBe(true)
      if (i % 3 !== 0 || line.length > 1000) {
        sink.at += sink.octets.write('given up', sink.at)
        sink.write(line)
      } else {
        sink.at += sink.octets.write(line, sink.at)
        sink.added()
      }
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, i % 4))
    }
    await sink.close()
    expect(sink.begin(1)).toBe(false)
    expect(read(path)).toBe(lines.join(''))
  })

  test('is appended to', async () => {
    const path = join(folder, 'access.log')
    for (const line of ['one\n', 'two\n']) {
      const sink = open(path)
      sink.write(line)
      await sink.close()
    }
    expect(read(path)).toBe('one\ntwo\n')
  })

  test('that was moved away is followed by a new one', async () => {
    const path = join(folder, 'access.log')
    const sink = open(path)
    sink.write('old\n')
    renameSync(path, `${path}.1`)
    sink.write('old too\n')
    sink.reopen()
    sink.write('new\n')
    await sink.close()
    expect(read(`${path}.1`)).toBe('old\nold too\n')
    expect(read(path)).toBe('new\n')
  })

  test('that can not be opened again is kept', async () => {
    const path = join(folder, 'gone', 'access.log')
    const sink = open(path)
    renameSync(join(folder, 'gone'), join(folder, 'moved'))
    const blocker = open(join(folder, 'gone'))
    sink.reopen()
    sink.write('still here\n')
    await sink.close()
    await blocker.close()
    expect(read(join(folder, 'moved', 'access.log'))).toBe('still here\n')
    expect(reports).toEqual([expect.stringContaining('Unable to reopen')])
  })

  test('is written at once when asked', async () => {
    const path = join(folder, 'access.log')
    const sink = open(path)
    sink.write('now\n')
    sink.flush()
    expect(read(path)).toBe('now\n')
    await sink.close()
  })

  test('takes nothing once closed', async () => {
    const path = join(folder, 'access.log')
    const sink = open(path)
    await sink.close()
    sink.write('late\n')
    sink.reopen()
    expect(read(path)).toBe('')
  })

  test('that can not be made is an error', () => {
    expect(() => open(folder)).toThrow(/EISDIR/)
  })
})

test.skipIf(!existsSync('/dev/full'))('a full disk is reported once and costs nothing but lines', async () => {
  const sink = open('/dev/full')
  for (let i = 0; i < 3; i++) {
    sink.write('lost\n')
    sink.flush()
  }
  await sink.close()
  expect(reports).toEqual([expect.stringMatching(/^Unable to write \/dev\/full: ENOSPC/)])
})

test('lines past the limit are lost and counted', async () => {
  const path = join(folder, 'access.log')
  const sink = open(path)
  const line = `${'x'.repeat(1024 * 1024 - 1)}\n`
  for (let i = 0; i < 10; i++) sink.write(line)
  await sink.close()
  expect(read(path).length).toBe(8 * 1024 * 1024)
  expect(reports).toEqual([`2 lines of ${path} were lost`])
})

test('no room is left past the limit', async () => {
  const sink = open(join(folder, 'access.log'))
  for (let i = 0; i < 8; i++) sink.write('x'.repeat(1024 * 1024 - 100))
  expect(sink.begin(800)).toBe(true)
  expect(sink.begin(801)).toBe(false)
  await sink.close()
  expect(reports).toEqual([expect.stringMatching(/^1 lines of .* were lost$/)])
})

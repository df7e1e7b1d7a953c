import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { closeAll, decoders, get, startCompressing } from '../support/compressing-proxy.ts'
import { until } from '../support/until.ts'

const MEGABYTE = 2 ** 20
const SIZE = 100 * MEGABYTE
/** What the whole process may grow by, buffers of the encoder and of sockets included. */
const ALLOWANCE = 80 * MEGABYTE
/** What the server may get rid of while nobody reads; some of it is in the buffers of sockets. */
const ON_ITS_WAY = 24 * MEGABYTE

afterEach(closeAll)

/** Bytes of memory: the most that the process has ever held. */
function peakOf({ pid }: ChildProcess): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

/** Half of it text, half of it noise that no window is large enough for. */
function block(): Buffer {
  const noise = randomBytes(MEGABYTE / 2)
  const mixed = Buffer.alloc(MEGABYTE, 'signalbox ')
  for (let i = 0; i < noise.length; i++) mixed[2 * i] = noise[i]!
  return mixed
}

describe.skipIf(process.platform !== 'linux')('100 MB in bounded memory', () => {
  test.each(['gzip', 'br', 'zstd'])('%s', { timeout: 120_000 }, async (coding) => {
    let taken = 0
    const { port, proxy } = await startCompressing((_request, response) => {
      response.setHeader('content-type', 'application/octet-stream')
      const all = function* () {
        for (taken = 0; taken < SIZE; taken += MEGABYTE) yield block()
      }
      Readable.from(all()).pipe(response)
    })
    const before = peakOf(proxy)
    const answer = await get(port, coding)
    expect(answer.headers['content-encoding']).toBe(coding)
    // Nobody reads yet, and so the server is held up: what is on its way is bounded, or all would be taken.
    let last = 0
    let since = Date.now()
    const quietFor = () => {
      if (taken !== last) since = Date.now()
      last = taken
      return Date.now() - since
    }
    await until(quietFor, (ms) => taken > 0 && ms > 500)
    const most = taken
    expect(most).toBeLessThan(ON_ITS_WAY)
    let size = 0
    await pipeline(answer, decoders[coding]!(), async (plain) => {
      for await (const chunk of plain as AsyncIterable<Buffer>) size += chunk.length
    })
    expect(size).toBe(SIZE)
    const grown = peakOf(proxy) - before
    console.log(
      `${coding}: ${(most / MEGABYTE).toFixed(0)} MB on their way, ${(grown / MEGABYTE).toFixed(0)} MB more at most`,
    )
    expect(grown).toBeLessThan(ALLOWANCE)
  })
})

import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLogger } from '../../adapters/cloudflare/ports.ts'

const lines: string[] = []
afterEach(() => {
  vi.restoreAllMocks()
  lines.length = 0
})

function logger(level: string, onProblem?: (problem: string) => void) {
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
  return createLogger(level, onProblem)
}

describe('a log line of the worker', () => {
  test('says what an error says, and what caused it, and no password of a URL', () => {
    const cause = new Error('fetch failed', { cause: new Error('Network connection lost.') })
    logger('debug').log('debug', 'http://ann:secret@a.test: connect failure', { service: 's@file', cause })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'debug',
        message: 'http://******@a.test: connect failure',
        service: 's@file',
        cause: 'fetch failed: Network connection lost.',
      },
    ])
  })

  test.each([
    ['info', 2],
    ['INFO', 2],
    ['nonsense', 2],
    ['error', 1],
    ['panic', 0],
  ])('at the level %s', (level, count) => {
    const problems: string[] = []
    const log = logger(level, (problem) => problems.push(problem))
    log.log('debug', 'one')
    log.log('info', 'two')
    log.log('error', 'three', { cause: 'because' })
    expect(lines).toHaveLength(count)
    // They count whether they are written or not.
    expect(problems).toEqual(['three: because'])
  })
})

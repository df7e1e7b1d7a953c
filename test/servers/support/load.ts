import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../support/until.ts'

export interface LoadCount {
  readonly sent: number
  /** What came in place of each answer with status 200. */
  readonly failed: readonly string[]
  /** The longest time until an answer was there, and the time that one in a hundred took longer than; milliseconds. */
  readonly worstMs: number
  readonly slowMs: number
}

export interface RunningLoad {
  readonly count: LoadCount
  /** Lets the requests that run end. */
  stop(): Promise<LoadCount>
}

/** So long each connection rests between two requests: the machine is shared with the servers. */
const REST_MS = 2
const LIMIT_MS = 10_000

/** GET after GET on some connections that are kept. */
export function startLoad(port: number, host: string, connections = 8): RunningLoad {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const failed: string[] = []
  const times: number[] = []
  let sent = 0
  let isOver = false
  const began = performance.now()
  const loop = async (): Promise<void> => {
    while (!isOver) {
      sent++
      const since = performance.now()
      const wrong = await ask(agent, port, host)
      times.push(performance.now() - since)
      if (wrong !== null) failed.push(`${Math.round(performance.now() - began)} ms: ${wrong}`)
      await sleep(REST_MS)
    }
  }
  const loops = Promise.all(Array.from({ length: connections }, loop))
  const count = (): LoadCount => {
    const sorted = times.toSorted((a, b) => a - b)
    return { sent, failed, worstMs: sorted.at(-1) ?? 0, slowMs: sorted[Math.floor(sorted.length * 0.99)] ?? 0 }
  }
  return {
    get count() {
      return count()
    },
    async stop() {
      isOver = true
      await loops
      agent.destroy()
      return count()
    },
  }
}

/** Waits for the first answer with status 200. */
export const untilServed = (port: number, host: string): Promise<unknown> =>
  until(
    () => ask(new http.Agent(), port, host),
    (wrong) => wrong === null,
    40_000,
  )

/** @returns what is wrong with the answer; null: nothing */
const ask = (agent: http.Agent, port: number, host: string): Promise<string | null> =>
  new Promise((resolve) => {
    const request = http.get({ agent, host: '127.0.0.1', port, headers: { host }, timeout: LIMIT_MS }, (response) => {
      response.resume()
      response.on('close', () => {
        if (response.statusCode !== 200) resolve(`status ${response.statusCode}`)
        else resolve(response.complete ? null : 'cut off')
      })
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', (error) => resolve(error.message))
  })

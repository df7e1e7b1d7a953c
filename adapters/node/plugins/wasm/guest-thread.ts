import { getRandomValues } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { GuestWorld } from '../../../../src/engine/wasm/guest.ts'
import type { GuestSession } from '../../../../src/engine/wasm/guest-middleware.ts'
import { GuestPool } from '../../../../src/engine/wasm/guest-pool.ts'
import type { GuestLogLevel } from '../../../../src/engine/wasm/handler-imports.ts'
import type { GuestQuestion, GuestReply, GuestThreadData } from './thread-messages.ts'
import { wasiFiles } from './wasi-files.ts'

/** Guests of one middleware: they may take as long as they like, as this thread serves nobody else. */

/** Lines that one call may write. */
const MOST_LINES = 64

const { module, config, environment, mounts } = workerData as GuestThreadData
const port = parentPort!
const reply = (message: GuestReply) => port.postMessage(message)

let linesLeft = MOST_LINES
function log(level: GuestLogLevel, message: string): void {
  if (linesLeft-- > 0) reply({ kind: 'log', level, message })
  else if (linesLeft === -1) reply({ kind: 'log', level: 'warn', message: 'the plugin writes more than is told' })
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const sessions = new Map<number, GuestSession>()

function start(): GuestPool | null {
  try {
    const world: GuestWorld = {
      config,
      missing: 0,
      environment: Object.entries(environment).map(([name, value]) => Buffer.from(`${name}=${value}`)),
      clock: { date: () => Date.now(), now: () => performance.now() },
      random: (bytes) => void getRandomValues(bytes),
      log,
      print: (stream, line) => log(stream === 'output' ? 'debug' : 'error', line),
      ...(mounts.length === 0 ? {} : { files: (memory, others) => wasiFiles(mounts, memory, others) }),
    }
    return new GuestPool(module, world, (isOver) => reply({ kind: isOver ? 'started' : 'starting' }))
  } catch (error) {
    reply({ kind: 'unfit', reason: reasonOf(error) })
    return null
  }
}

const pool = start()
if (pool !== null) {
  reply({ kind: 'ready', features: pool.features })
  port.on('message', async (question: GuestQuestion) => {
    linesLeft = MOST_LINES
    const { call } = question
    try {
      if (question.kind === 'request') {
        const { outcome, session } = await pool.handleRequest(question.request)
        if (session !== null) sessions.set(call, session)
        reply({ kind: 'outcome', call, outcome })
        return
      }
      const session = sessions.get(question.session)!
      sessions.delete(question.session)
      reply({ kind: 'outcome', call, outcome: await session.handleResponse(question.context, question.response) })
    } catch (error) {
      reply({ kind: 'failed', call, reason: reasonOf(error) })
    }
  })
}

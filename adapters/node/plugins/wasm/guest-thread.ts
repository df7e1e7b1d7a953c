import { getRandomValues } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import type { GuestWorld } from '../../../../src/engine/wasm/guest.ts'
import { GuestPool, type LocalTurn } from '../../../../src/engine/wasm/guest-pool.ts'
import type { GuestLogLevel } from '../../../../src/engine/wasm/handler-imports.ts'
import { Progress } from './progress.ts'
import type { GuestQuestion, GuestReply, GuestThreadData } from './thread-messages.ts'
import { wasiFiles } from './wasi-files.ts'

/** Guests of one middleware: they may take as long as they like, as this thread serves nobody else. */

/** Lines that one call may write. */
const MOST_LINES = 64
/** Bytes. */
const LARGE = 65536
/** Replies wait for others so long, in milliseconds. */
const MOST_WAIT_MS = 0.5

const { module, config, environment, mounts, port, progress: memory } = workerData as GuestThreadData
const progress = new Progress(memory)

/** Replies that wait for one another: waking who asked costs more than most calls. */
let replies: GuestReply[] = []
function flush(): void {
  if (replies.length > 0) port.postMessage(replies, replies.flatMap(largeContent))
  replies = []
}

/** Content of an answer, which nobody here asks for again, is handed over rather than copied. */
function largeContent(reply: GuestReply): ArrayBuffer[] {
  if (reply.kind !== 'outcome') return []
  const { outcome } = reply
  const content = !('features' in outcome) ? outcome.content : outcome.next === null ? outcome.answer.content : null
  return content === null || content.byteLength < LARGE ? [] : [content.buffer as ArrayBuffer]
}

let linesLeft = MOST_LINES
function log(level: GuestLogLevel, message: string): void {
  if (linesLeft-- > 0) replies.push({ kind: 'log', level, message })
  else if (linesLeft === -1)
    replies.push({ kind: 'log', level: 'warn', message: 'the plugin writes more than is told' })
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const sessions = new Map<number, NonNullable<LocalTurn['session']>>()

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
    return new GuestPool(module, world, (isOver) => progress.starting(isOver))
  } catch (error) {
    replies.push({ kind: 'unfit', reason: reasonOf(error) })
    return null
  }
}

/** There is always a guest: who asks knows how many there may be. */
function answerTo(pool: GuestPool, question: GuestQuestion): GuestReply {
  const { call } = question
  try {
    if (question.kind === 'response') {
      const session = sessions.get(question.session)!
      sessions.delete(question.session)
      return { kind: 'outcome', call, outcome: session.handleResponse(question.context, question.response) }
    }
    const { outcome, session } = pool.ask(question.request)
    if (session !== null) sessions.set(call, session)
    return { kind: 'outcome', call, outcome }
  } catch (error) {
    return { kind: 'failed', call, reason: reasonOf(error) }
  }
}

const pool = start()
if (pool !== null) {
  replies.push({ kind: 'ready', features: pool.features })
  port.on('message', (questions: readonly GuestQuestion[]) => {
    let last = performance.now()
    for (const question of questions) {
      if (!progress.begin(question.call)) continue
      linesLeft = MOST_LINES
      const answer = answerTo(pool, question)
      progress.end()
      replies.push(answer)
      const now = performance.now()
      if (now - last < MOST_WAIT_MS) continue
      flush()
      last = now
    }
    flush()
  })
}
flush()

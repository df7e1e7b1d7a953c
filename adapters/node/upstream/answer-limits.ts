import type { Logger } from '../../../src/contracts/ports.ts'
import type { ServersTransportPlan } from '../../../src/plan/plan.ts'
import { timers } from '../sockets/timer-wheel.ts'

/** Go takes 10 MB and any number of fields; hardly a server needs a tenth of this. */
const DEFAULT_BYTES = 1024 * 1024
const DEFAULT_FIELDS = 1000
/** A server that sends such heads sends many. */
const SILENCE_MS = 60_000

/** Absent or 0: the limits of ours. */
export type AnswerLimitOptions = Pick<ServersTransportPlan, 'maxResponseHeaderBytes' | 'maxResponseHeaderFields'>

/** How large the head of an answer may be, and who is told of one that is larger. */
export class AnswerLimits {
  /** Octets. */
  readonly bytes: number
  readonly fields: number
  readonly #server: string
  readonly #log: Logger
  #silentUntil = 0

  /** @param server as it is named in the log */
  constructor(options: AnswerLimitOptions, server: string, log: Logger) {
    this.bytes = options.maxResponseHeaderBytes || DEFAULT_BYTES
    this.fields = options.maxResponseHeaderFields || DEFAULT_FIELDS
    this.#server = server
    this.#log = log
  }

  tooManyBytes(): Error {
    return this.#refused(`the head of the answer is larger than ${sizeText(this.bytes)}`, 'maxResponseHeaderBytes')
  }

  tooManyFields(): Error {
    return this.#refused(
      `the head of the answer has more than ${this.fields.toLocaleString('en')} fields`,
      'maxResponseHeaderFields',
    )
  }

  /** HTTP/2 does not tell which, nor whether the server wants less of us. */
  tooMuch(): Error {
    const { bytes, fields } = this
    return this.#refused(
      `the head of the answer is larger than ${sizeText(bytes)} or has more than ${fields.toLocaleString('en')} fields, or the server is overloaded (ENHANCE_YOUR_CALM)`,
      'maxResponseHeaderBytes and maxResponseHeaderFields',
    )
  }

  #refused(reason: string, option: string): Error {
    const now = timers.now()
    if (now >= this.#silentUntil) {
      this.#silentUntil = now + SILENCE_MS
      this.#log.log(
        'warn',
        `Answer of ${this.#server} refused: ${reason}; ${option} of its serversTransport is the limit`,
      )
    }
    return new Error(reason)
  }
}

const MIB = 1024 * 1024

const sizeText = (bytes: number): string =>
  bytes % MIB === 0
    ? `${bytes / MIB} MiB`
    : bytes % 1024 === 0
      ? `${bytes / 1024} KiB`
      : `${bytes.toLocaleString('en')} bytes`

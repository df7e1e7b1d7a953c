import type { Codecs, Logger, LogLevel, Passwords, Ports } from '../../src/contracts/ports.ts'
import { StreamBody } from '../../src/http/body.ts'
import { runtimeClock } from '../web/clock.ts'
import { onDemand } from './bridge/on-demand.ts'
import { type StateTimeout, sharedTokens } from './state/shared-tokens.ts'
import type { SignalboxState } from './state/state-object.ts'
import { fetchTransports } from './transport.ts'

/** Bytes of kept content: an isolate has 128 MB for everything. */
const MOST_BUFFERED = 48e6

/**
 * What the core needs, as workerd has it, but expressions, which few plans need; `objects` is for what isolates share.
 */
export function createPorts(
  log: Logger,
  objects: DurableObjectNamespace<SignalboxState> | null,
  timeout?: Readonly<StateTimeout>,
): Omit<Ports, 'compileRegexp'> {
  return {
    clock: runtimeClock,
    log,
    passwords: createPasswords(),
    codecs,
    transports: fetchTransports,
    grpcHealth: null,
    tokenStores: objects === null ? null : sharedTokens(objects, timeout),
    hostname: 'signalbox',
    kept: { limit: MOST_BUFFERED, used: 0 },
    random: () => Math.random(),
  }
}

/** bcrypt is a module of its own, loaded when a plan first needs it: a third of the size of everything else. */
const createPasswords = (): Passwords => ({
  verified: new Map(),
  async bcrypt(password, hash, client) {
    const { verify } = await import('./bcrypt.ts')
    // Nothing waits here but for its turn on the only thread there is.
    return client.hasLeft ? null : verify(password, hash)
  },
})

const codecs: Codecs = {
  gunzip: (body) =>
    new StreamBody((body.stream() as ReadableStream).pipeThrough(new DecompressionStream('gzip')), null),
  encodings: ['gzip', 'br'],
  compress: (body) => onDemand.encoded(body),
  encodesLater: true,
}

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic']

const INFO = levels.indexOf('info')

/**
 * One JSON line a message; below `level` nothing. An unknown level counts as `info`.
 * @param onProblem told of each warning and error, whatever the level, with its cause
 */
export function createLogger(level: string, onProblem: (problem: string) => void = () => {}): Logger {
  const at = levels.indexOf(level.toLowerCase() as LogLevel)
  const lowest = at === -1 ? INFO : at
  return {
    log(level, message, fields) {
      const rank = levels.indexOf(level)
      if (rank > INFO) onProblem(withCause(message, fields))
      if (rank >= lowest) console.log(lineOf({ level, message, ...fields }))
    },
  }
}

const withCause = (message: string, fields?: Readonly<Record<string, unknown>>): string =>
  typeof fields?.cause === 'string' ? `${message}: ${fields.cause}` : message

/** Errors as what they say, with what has caused them; no passwords of URLs. */
const lineOf = (fields: Readonly<Record<string, unknown>>): string =>
  escaped(JSON.stringify(fields, plainly)).replace(/:\/\/[^\s/?#"]*@/g, '://******@')

const plainly = (_: string, value: unknown): unknown =>
  value instanceof Error ? value.message + (value.cause instanceof Error ? `: ${value.cause.message}` : '') : value

/** What JSON leaves as it is and terminals obey, or take for the end of a line. */
const escaped = (json: string): string =>
  json.replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g

/** What an event means for the container that it is about. */
export type ContainerEvent =
  | { readonly kind: 'changed' | 'ended' | 'gone'; readonly id: string }
  /** It was sent a signal. */
  | { readonly kind: 'signalled'; readonly id: string; readonly signal: string }

/** Events that the engine is asked for: those of probes, of which there may be one a second, are not among them. */
const ACTIONS = [
  'create',
  'start',
  'die',
  'kill',
  'pause',
  'unpause',
  'rename',
  'update',
  'destroy',
  'health_status',
  'connect',
  'disconnect',
]

/** The filter of the stream where containers are followed. */
export const CONTAINER_EVENTS = JSON.stringify({ type: ['container', 'network'], event: ACTIONS })

/** The filter of the stream where a swarm is followed; of containers only those of the manager's machine are told. */
export const SWARM_EVENTS = JSON.stringify({
  type: ['container', 'service', 'node', 'network'],
  event: ['start', 'die', 'kill', 'health_status', 'create', 'update', 'remove'],
})

/** Reads a line of the stream; null: it is about nothing that counts here. Throws where it is no event. */
export function readEvent(line: string): ContainerEvent | null {
  let event: unknown
  try {
    event = JSON.parse(line)
  } catch (cause) {
    throw new Error('the stream of events holds something else', { cause })
  }
  const { Type, Action, Actor } = record(event)
  if (typeof Action !== 'string') throw new Error('the stream of events holds something else')
  const { ID, Attributes } = record(Actor)
  const attributes = record(Attributes)
  if (Type === 'network') {
    return typeof attributes.container === 'string' ? { kind: 'changed', id: attributes.container } : null
  }
  if (typeof ID !== 'string') return null
  if (Action === 'destroy') return { kind: 'gone', id: ID }
  if (Action === 'die') return { kind: 'ended', id: ID }
  if (Action === 'kill') return { kind: 'signalled', id: ID, signal: String(attributes.signal) }
  return { kind: 'changed', id: ID }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** INT, QUIT, ABRT, KILL, TERM, and what stops systemd. */
const ENDING: ReadonlySet<string> = new Set(['2', '3', '6', '9', '15', '37'])

const NUMBERS: Readonly<Record<string, string>> = {
  SIGHUP: '1', SIGINT: '2', SIGQUIT: '3', SIGABRT: '6', SIGKILL: '9', SIGUSR1: '10', SIGUSR2: '12', SIGTERM: '15', SIGWINCH: '28', 'SIGRTMIN+3': '37',
} // biome-ignore format: a table

/** Whether a signal makes a container end. @param stopSignal what its image says stops it; empty: nothing special */
export const isEnding = (signal: string, stopSignal: string): boolean =>
  ENDING.has(signal) || (stopSignal !== '' && signal === (NUMBERS[stopSignal.toUpperCase()] ?? stopSignal))

import { Store } from '../state/store.ts'
import { ApiError, address, lostSince, read } from './client.ts'
import type { Version } from './shapes.ts'

/** Grows whenever what pages show may have changed: they read it again. */
export const pulse = new Store(0)

/** Who is there; null: nobody has said it yet. Another program may be there after the connection was lost. */
export const version = new Store<Version | null>(null)

const EVENTS = ['configuration', 'problems', 'server', 'drained', 'switched']

const POLL_MS = 5_000
/** After the first failure; each further one doubles it. */
const AGAIN_MS = 1_000
const LONGEST_WAIT_MS = 60_000
/** Until events are tried again where too many listen already. */
const EVENTS_AGAIN_MS = 60_000
/** What comes together is shown together. */
const GATHER_MS = 120
/** Between two readings, however much happens. */
const APART_MS = 1_000

let source: EventSource | null = null
let timer: number | undefined
let failures = 0
let eventsFrom = 0
let beaten = 0
let gathering = false
let looking = false

/** Follows the API by its events, and by asking where there are none. */
export function follow(): void {
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) rest()
    else lookNow()
  })
  lookNow()
}

/** A browser has few connections to an origin: a page that nobody sees must not keep one from those that are seen. */
function rest(): void {
  clearTimeout(timer)
  source?.close()
  source = null
}

/** Asks at once whether the API is there, and shows what is new. */
export function lookNow(): void {
  failures = 0
  void look()
}

/** What is shown is read again, soon. */
export function beat(): void {
  if (gathering) return
  gathering = true
  setTimeout(
    () => {
      gathering = false
      beaten = Date.now()
      pulse.set(pulse.value + 1)
    },
    Math.max(GATHER_MS, beaten + APART_MS - Date.now()),
  )
}

/** One at a time: whoever asks meanwhile gets the same answer. */
async function look(): Promise<void> {
  if (looking) return
  looking = true
  clearTimeout(timer)
  try {
    await lookOnce()
  } finally {
    looking = false
  }
}

async function lookOnce(): Promise<void> {
  const isFirst = version.value === null
  try {
    const found = await read<Version>('version')
    if (JSON.stringify(found) !== JSON.stringify(version.value)) version.set(found)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return later(Math.min(AGAIN_MS * 2 ** failures++, LONGEST_WAIT_MS))
  }
  failures = 0
  if (!isFirst) beat()
  if (source !== null || document.hidden) return
  if (version.value?.offers.includes('events') === true && Date.now() >= eventsFrom) listen()
  else later(POLL_MS)
}

function later(ms: number): void {
  clearTimeout(timer)
  if (document.hidden) return
  timer = setTimeout(() => void look(), ms)
}

function listen(): void {
  const opened = new EventSource(address('events'))
  source = opened
  opened.onopen = () => {
    lostSince.set(null)
    // Nobody has told what happened until now.
    beat()
  }
  opened.onerror = () => {
    // A refusal closes it; what breaks off would be tried again, at once and without end.
    const isRefused = opened.readyState === EventSource.CLOSED
    opened.close()
    source = null
    eventsFrom = isRefused ? Date.now() + EVENTS_AGAIN_MS : 0
    if (isRefused) later(POLL_MS)
    else void look()
  }
  for (const name of EVENTS) opened.addEventListener(name, beat)
}

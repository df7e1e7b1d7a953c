import { Store } from '../state/store.ts'
import { ApiError, address, lostSince, read } from './client.ts'

/** Grows whenever what pages show may have changed: they read it again. */
export const pulse = new Store(0)

const EVENTS = ['configuration', 'problems', 'server', 'drained', 'switched']

const POLL_MS = 5_000
const LONGEST_WAIT_MS = 60_000
/** Until events are tried again where they are not offered, or to too many already. */
const EVENTS_AGAIN_MS = 60_000
/** What comes together is shown together. */
const GATHER_MS = 120
/** Between two readings, however much happens. */
const APART_MS = 1_000

let source: EventSource | null = null
let timer: number | undefined
let wait = POLL_MS
let eventsFrom = 0
let beaten = 0
let gathering = false

/** Follows the API by its events, and by asking where there are none. */
export function follow(): void {
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) lookNow()
  })
  listen()
}

/** Asks at once whether the API is there, and shows what is new. */
export function lookNow(): void {
  wait = POLL_MS
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

function listen(): void {
  const opened = new EventSource(address('events'))
  source = opened
  opened.onopen = () => {
    wait = POLL_MS
    clearTimeout(timer)
    // What happened before is not told.
    if (lostSince.value !== null) beat()
    lostSince.set(null)
  }
  opened.onerror = () => {
    const worked = opened.readyState === EventSource.CONNECTING
    opened.close()
    source = null
    eventsFrom = worked ? 0 : Date.now() + EVENTS_AGAIN_MS
    if (worked) void look()
    else later()
  }
  for (const name of EVENTS) opened.addEventListener(name, beat)
}

function later(): void {
  clearTimeout(timer)
  timer = setTimeout(() => void look(), wait)
}

async function look(): Promise<void> {
  clearTimeout(timer)
  if (document.hidden) return later()
  try {
    await read('version')
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
    return later()
  }
  wait = POLL_MS
  beat()
  if (source !== null) return
  if (Date.now() >= eventsFrom) listen()
  else later()
}

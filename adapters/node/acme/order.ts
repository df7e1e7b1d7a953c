import type { KeyObject } from 'node:crypto'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import { AcmeError } from './acme-error.ts'
import type { Authority, Authorization, Challenge, NewOrder, Order } from './authority.ts'
import { certificateRequest, type RequestedCertificate } from './certificate-request.ts'
import { chainOf } from './chain.ts'
import { type Signer, thumbprint } from './json-web-signature.ts'
import { limited, pause } from './waits.ts'

/** How names are proved to be ours: one way of it. */
export interface ChallengeSolver {
  readonly type: 'http-01' | 'tls-alpn-01' | 'dns-01'
  /** How long the authority may take to look. */
  readonly timeoutMs: number
  /** Names are proved one after the other, with this pause in between; null: side by side. */
  readonly sequenceMs: number | null
  /**
   * Makes the answer to a challenge findable; resolves when the authority may look.
   * @param laid hears how to take it away again, as soon as there is something
   */
  present(asked: AskedChallenge, signal: AbortSignal, laid: (takeAway: TakeAway) => void): Promise<void>
}

export type TakeAway = (signal: AbortSignal) => Promise<void>

export interface AskedChallenge {
  /** Without the asterisk of a wildcard. */
  readonly name: string
  readonly token: string
  readonly keyAuthorization: string
}

export interface OrderPorts {
  readonly authority: Authority
  readonly signer: Signer
  readonly solvers: readonly ChallengeSolver[]
  readonly clock: Clock
  readonly log: Logger
}

export interface WantedOrder extends NewOrder, Omit<RequestedCertificate, 'names'> {
  /** Common name of the root of the wanted chain; empty: the authority's choice. */
  readonly preferredChain: string
  /** Waiting for the certificate after the request. */
  readonly certificateTimeoutMs: number
}

/** As lego does it: the first of these that the authority offers and somebody here can do. */
const PREFERENCE = ['tls-alpn-01', 'http-01', 'dns-01'] as const

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000
/** For giving back what an order has laid out, also while the process ends. */
const CLEAN_UP_MS = 10_000
/** Asking for the state of something fails now and then; so many times in a row it is a failure. */
const POLL_FAILURES = 5

/**
 * Orders a certificate (RFC 8555 §7.4): proves each name, sends the request, and gives the chain as PEM. Whatever
 * happens, what was laid out for challenges is taken away before this settles.
 * @throws AcmeError, ApiError, or the reason of the signal
 */
export async function obtain(
  wanted: WantedOrder,
  key: KeyObject,
  ports: OrderPorts,
  signal: AbortSignal,
): Promise<string> {
  const { authority, signer } = ports
  const order = await placed(wanted, ports, signal)
  if (order.authorizations.length === 0) throw new AcmeError('', null, 'the order has no authorizations', null)
  await proveAll(order, ports, signal)
  const ready = await settled(
    () => authority.order(order.url, signer, signal),
    ({ status }) => status !== 'pending',
    wanted.certificateTimeoutMs,
    ports.clock,
    signal,
  )
  const issued = await issue(ready, wanted, key, ports, signal)
  return chainOf(wanted.preferredChain, issued.certificate, ports, signal)
}

/** An order that was replaced by another already is placed without saying so (RFC 9773 §5). */
async function placed(wanted: NewOrder, { authority, signer, log }: OrderPorts, signal: AbortSignal): Promise<Order> {
  try {
    return await authority.newOrder(wanted, signer, signal)
  } catch (error) {
    const isRefused = error instanceof AcmeError && !error.isRateLimit && (error.status ?? 500) < 500
    if (wanted.replaces === null || !isRefused || error.kind === 'accountDoesNotExist') throw error
    log.log('debug', 'The order is placed without what it replaces', { domains: wanted.names, reason: error.message })
    return authority.newOrder({ ...wanted, replaces: null }, signer, signal)
  }
}

async function proveAll(order: Order, ports: OrderPorts, signal: AbortSignal): Promise<void> {
  const { authority, signer, log } = ports
  const authorizations = await Promise.all(
    order.authorizations.map((url) => authority.authorization(url, signer, signal)),
  )
  const results = await Promise.allSettled(
    inSequences(
      authorizations.filter(({ status }) => status !== 'valid'),
      ports,
      signal,
    ),
  )
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failures.length === 0) return
  await giveBack(
    ports.clock,
    log,
    authorizations
      .filter(({ status }) => status === 'pending')
      .map(
        ({ url }) =>
          (limit) =>
            deactivate(url, ports, limit),
      ),
  )
  throw failures[0]
}

/** Each on its own, but where a solver can't have several at a time. */
function inSequences(
  authorizations: readonly Authorization[],
  ports: OrderPorts,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const last = new Map<ChallengeSolver, Promise<void>>()
  return authorizations.map(async (authorization) => {
    const { challenge, solver } = chosen(authorization, ports.solvers)
    const { sequenceMs } = solver
    const before = last.get(solver)
    if (sequenceMs === null) return prove(authorization, challenge, solver, ports, signal)
    const own = (before ?? Promise.resolve()).then(async () => {
      if (before !== undefined) await pause(ports.clock, sequenceMs, signal)
      await prove(authorization, challenge, solver, ports, signal)
    })
    last.set(solver, own)
    return own
  })
}

async function deactivate(url: string, { authority, signer }: OrderPorts, signal: AbortSignal): Promise<void> {
  // The one that failed is not pending any more, and can't be deactivated.
  const { status } = await authority.authorization(url, signer, signal)
  if (status === 'pending') await authority.deactivate(url, signer, signal)
}

async function prove(
  { name, url }: Authorization,
  challenge: Challenge,
  solver: ChallengeSolver,
  { authority, signer, clock, log }: OrderPorts,
  signal: AbortSignal,
): Promise<void> {
  const laid: TakeAway[] = []
  const keyAuthorization = `${challenge.token}.${thumbprint(signer.key)}`
  log.log('debug', 'Proving a name', { domain: name, challenge: challenge.type })
  try {
    await solver.present({ name, token: challenge.token, keyAuthorization }, signal, (takeAway) => laid.push(takeAway))
    await authority.answerChallenge(challenge.url, signer, signal)
    const result = await settled(
      () => authority.authorization(url, signer, signal),
      ({ status }) => status !== 'pending',
      solver.timeoutMs,
      clock,
      signal,
    )
    if (result.status === 'valid') return
    const failed = result.challenges.find(({ problem }) => problem !== null)
    throw failed?.problem ?? new AcmeError('', null, `${name}: the authorization is ${result.status}`, null)
  } finally {
    await giveBack(clock, log, laid)
  }
}

function chosen(
  { name, isWildcard, status, challenges }: Authorization,
  solvers: readonly ChallengeSolver[],
): { readonly challenge: Challenge; readonly solver: ChallengeSolver } {
  if (status !== 'pending') throw new AcmeError('', null, `${name}: the authorization is ${status}`, null)
  for (const type of PREFERENCE) {
    const challenge = challenges.find((one) => one.type === type && one.token !== '')
    const solver = solvers.find((one) => one.type === type)
    if (challenge !== undefined && solver !== undefined) return { challenge, solver }
  }
  const offered = challenges.map(({ type }) => type).join(', ')
  const hint = isWildcard ? '; wildcards need a DNS challenge' : ''
  throw new AcmeError('', null, `${name}: the authority offers ${offered || 'no challenge'}${hint}`, null)
}

async function issue(
  order: Order,
  wanted: WantedOrder,
  key: KeyObject,
  ports: OrderPorts,
  signal: AbortSignal,
): Promise<Order> {
  const { authority, signer } = ports
  let current = order
  if (current.status === 'ready') {
    const csr = await certificateRequest(wanted, key)
    current = await authority.finalise(current, csr, signer, signal)
  }
  if (current.status === 'processing') {
    current = await settled(
      () => authority.order(order.url, signer, signal),
      ({ status }) => status !== 'processing',
      wanted.certificateTimeoutMs,
      ports.clock,
      signal,
    )
  }
  if (current.status === 'valid' && current.certificate !== '') return current
  throw current.problem ?? new AcmeError('', null, `the order is ${current.status || 'of no status'}`, null)
}

/** Asks until it is as wanted, at the pace that the authority gives. */
async function settled<T extends { readonly retryAfterMs: number | null }>(
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
  limitMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  const end = clock.now() + limitMs
  let failures = 0
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
    let retryAfter: number | null = null
    try {
      const value = await ask()
      if (holds(value)) return value
      retryAfter = value.retryAfterMs
      failures = 0
    } catch (error) {
      signal.throwIfAborted()
      const isFinal = error instanceof AcmeError && error.status !== null && error.status < 500
      if (isFinal || ++failures >= POLL_FAILURES) throw error
    }
    const left = end - clock.now()
    if (left <= 0) throw new AcmeError('', null, `nothing came of it within ${limitMs / 1000} s`, null)
    await pause(clock, Math.min(left, Math.max(wait, Math.min(retryAfter ?? 0, LONGEST_PAUSE_MS))), signal)
  }
}

/** Has its own limit, as the order may be called off. What can't be given back is said and left. */
async function giveBack(clock: Clock, log: Logger, tasks: readonly TakeAway[]): Promise<void> {
  const limit = limited(clock, CLEAN_UP_MS, `not done within ${CLEAN_UP_MS / 1000} s`, [])
  const results = await Promise.allSettled(tasks.map((task) => task(limit.signal)))
  limit.end()
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    const reason = result.reason instanceof Error ? result.reason.message : String(result.reason)
    log.log('warn', 'What was laid out for a challenge could not be taken away', { reason })
  }
}

import { andThen, type MaybePromise } from '../http/maybe-promise.ts'
import { ProxyResponse } from '../http/response.ts'
import { atOnce, type Steps } from '../http/steps.ts'
import { answerInPieces, refuse, type Turn } from './answers.ts'
import type { View } from './views.ts'

/** What a list can be searched and sorted by. */
export interface ListKind {
  /** Keys that `search` looks in; none: the list is only paged. */
  readonly searched: readonly string[]
  /** Which of `serviceName` and `middlewareName` apply. */
  readonly filters: readonly ('serviceName' | 'middlewareName')[]
  /** Absent: the query says it. */
  readonly direction?: 'asc'
  /** Beside the name, which decides where nothing else does. */
  readonly sorted: Readonly<Record<string, (view: View) => string | number | bigint>>
}

const text =
  (key: string) =>
  (view: View): string =>
    String(view[key] ?? '')

const common = { provider: text('provider'), status: text('status') }

export const routerList: ListKind = {
  searched: ['name', 'rule'],
  filters: ['serviceName', 'middlewareName'],
  sorted: {
    ...common,
    priority: (view) => (view.priority as bigint | undefined) ?? 0n,
    rule: text('rule'),
    service: text('service'),
    entryPoints: (view) => (view.entryPoints as readonly string[] | undefined)?.length ?? 0,
  },
}

export const udpRouterList: ListKind = { ...routerList, filters: ['serviceName'] }

export const serviceList: ListKind = {
  searched: ['name'],
  filters: [],
  sorted: {
    ...common,
    type: text('type'),
    servers: (view) => (view.loadBalancer as { servers?: readonly unknown[] } | undefined)?.servers?.length ?? 0,
  },
}

export const middlewareList: ListKind = {
  searched: ['name'],
  filters: [],
  sorted: { ...common, type: text('type') },
}

/** Sorted by name, whatever the query says. */
export const nameList: ListKind = { searched: [], filters: [], sorted: {}, direction: 'asc' }

/** An element of a list. */
export interface Listed {
  /** What it is called, and sorted by. */
  readonly name: string
  /** Takes a while the first time. */
  view(): View
  /** The same as JSON, with what is known only at the moment. */
  text(): string
}

/** Elements that are looked at before others get their turn. */
const AT_ONCE = 250

/**
 * One page of a list: filtered, sorted, cut (Traefik `pkg/api/criterion.go`, `sort.go`); 400 for a page that does not
 * exist.
 */
export function list(
  all: Iterable<Listed>,
  query: URLSearchParams,
  kind: ListKind,
  turn: Turn,
): MaybePromise<ProxyResponse> {
  const by = query.get('sortBy') ?? ''
  const keyOf = Object.hasOwn(kind.sorted, by) ? kind.sorted[by]! : null
  return andThen(wantedOf(all, query, kind, keyOf, turn), (found) => {
    const perPage = positive(query, 'per_page', 100)
    if (perPage instanceof ProxyResponse) return perPage
    const page = positive(query, 'page', 1)
    if (page instanceof ProxyResponse) return page
    const start = (page - 1n) * perPage
    if (start > 0n && start >= found.length) return refuse(400, `invalid request: page: ${page}, per_page: ${perPage}`)
    const end = start + perPage
    const nextPage = ['X-Next-Page', end < found.length ? String(page + 1n) : '1']
    return answerInPieces(
      piecesOf(sort(found, kind.direction ?? query.get('direction') ?? '').slice(Number(start), Number(end))),
      turn,
      nextPage,
    )
  })
}

interface Keyed {
  readonly listed: Listed
  readonly key: string | number | bigint
}

/** Those that the query asks for; where it asks for nothing but names none of them is looked into. */
function wantedOf(
  all: Iterable<Listed>,
  query: URLSearchParams,
  kind: ListKind,
  keyOf: ((view: View) => string | number | bigint) | null,
  turn: Turn,
): MaybePromise<readonly Keyed[]> {
  const filters = kind.searched.length > 0 && FILTERS.some((name) => (query.get(name) ?? '') !== '')
  if (!filters && keyOf === null) return Array.from(all, (listed) => ({ listed, key: '' }))
  const steps = wantedSteps(all, filters ? query : null, kind, keyOf)
  return turn === null ? atOnce(steps) : drive(steps, turn)
}

async function drive<T>(steps: Steps<T>, turn: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await turn()
  }
}

function* wantedSteps(
  all: Iterable<Listed>,
  filter: URLSearchParams | null,
  kind: ListKind,
  keyOf: ((view: View) => string | number | bigint) | null,
): Steps<readonly Keyed[]> {
  const found: Keyed[] = []
  let looks = 0
  for (const listed of all) {
    if (++looks % AT_ONCE === 0) yield
    const view = listed.view()
    if (filter === null || isWanted(view, filter, kind)) found.push({ listed, key: keyOf?.(view) ?? '' })
  }
  return found
}

function* piecesOf(page: readonly Listed[]): Generator<string> {
  let before = '['
  for (const listed of page) {
    yield before + listed.text()
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

/** Parameters that leave elements out. */
const FILTERS = ['search', 'status', 'serviceName', 'middlewareName']

function isWanted(view: View, query: URLSearchParams, { searched, filters }: ListKind): boolean {
  const given = (name: string): string => query.get(name) ?? ''
  const search = given('search').toLowerCase()
  if (search !== '' && !searched.some((key) => text(key)(view).toLowerCase().includes(search))) return false
  const status = given('status').toLowerCase()
  if (status !== '' && status !== view.status) return false
  const service = filters.includes('serviceName') ? given('serviceName') : ''
  const ownService = text('service')(view)
  // A reference without provider means the part in front of the searched name's `@`.
  if (service !== '' && ownService !== (ownService.includes('@') ? service : service.split('@')[0])) return false
  const middleware = filters.includes('middlewareName') ? given('middlewareName') : ''
  return middleware === '' || ((view.middlewares as readonly string[] | undefined) ?? []).includes(middleware)
}

function sort(all: readonly Keyed[], direction: string): Listed[] {
  const sign = ['', 'asc'].includes(direction) ? 1 : -1
  return all
    .toSorted((a, b) => {
      if (a.key !== b.key) return a.key < b.key ? -sign : sign
      const [left, right] = [a.listed.name, b.listed.name]
      return left === right ? 0 : left < right ? -sign : sign
    })
    .map(({ listed }) => listed)
}

/** The widest number that Go's reader takes; what is beyond it on either side is refused as that. */
const MAX = 2n ** 63n - 1n

/** A whole number from 1 on; what can't be read counts as 0. */
function positive(query: URLSearchParams, name: string, otherwise: number): bigint | ProxyResponse {
  const given = query.get(name) ?? ''
  if (given === '') return BigInt(otherwise)
  const [, sign, digits] = /^([+-]?)0*([0-9]+)$/.exec(given) ?? ['', '', '0']
  // Twenty digits are too many in any case.
  const value = digits!.length < 20 ? BigInt(digits!) : MAX + 2n
  if (sign !== '-' && value >= 1n && value <= MAX) return value
  const shown = sign === '-' ? (value > MAX + 1n ? -MAX - 1n : -value) : value > MAX ? MAX : value
  return refuse(400, `invalid request: ${name}: ${shown}`)
}

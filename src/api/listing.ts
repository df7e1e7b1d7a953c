import { answerInPieces, refuse, type Turn } from './answers.ts'
import type { View } from './views.ts'

/** What a list can be searched and sorted by. */
export interface ListKind {
  /** Keys that `search` looks in; none: the list is only paged. */
  readonly searched: readonly string[]
  /** Whether `serviceName` and `middlewareName` apply. */
  readonly isRouters: boolean
  /** `name` decides where nothing else does. */
  readonly sorted: Readonly<Record<string, (view: View) => string | number | bigint>> & {
    readonly name: (view: View) => string
  }
}

const text =
  (key: string) =>
  (view: View): string =>
    String(view[key] ?? '')

const common = { name: text('name'), provider: text('provider'), status: text('status') }

export const routerList: ListKind = {
  searched: ['name', 'rule'],
  isRouters: true,
  sorted: {
    ...common,
    priority: (view) => (view.priority as bigint | undefined) ?? 0n,
    rule: text('rule'),
    service: text('service'),
    entryPoints: (view) => (view.entryPoints as readonly string[] | undefined)?.length ?? 0,
  },
}

export const serviceList: ListKind = {
  searched: ['name'],
  isRouters: false,
  sorted: {
    ...common,
    type: text('type'),
    servers: (view) => (view.loadBalancer as { servers?: readonly unknown[] } | undefined)?.servers?.length ?? 0,
  },
}

export const middlewareList: ListKind = {
  searched: ['name'],
  isRouters: false,
  sorted: { ...common, type: text('type') },
}

export const nameList: ListKind = { searched: [], isRouters: false, sorted: { name: common.name } }

/** An element of a list. */
export interface Listed {
  readonly view: View
  /** The same as JSON, with what is known only at the moment. */
  text(): string
}

/**
 * One page of a list: filtered, sorted, cut (Traefik `pkg/api/criterion.go`, `sort.go`); 400 for a page that does not
 * exist.
 */
export function list(all: Iterable<Listed>, query: URLSearchParams, kind: ListKind, turn: Turn): Response {
  const found: Listed[] = []
  for (const listed of all) if (isWanted(listed.view, query, kind)) found.push(listed)
  const page = positive(query, 'page', 1)
  if (page instanceof Response) return page
  const perPage = positive(query, 'per_page', 100)
  if (perPage instanceof Response) return perPage
  const start = (page - 1) * perPage
  if (start > 0 && start >= found.length) return refuse(400, `invalid request: page: ${page}, per_page: ${perPage}`)
  const end = start + perPage
  const headers = { 'X-Next-Page': end < found.length ? String(page + 1) : '1' }
  return answerInPieces(piecesOf(sort(found, query, kind).slice(start, end)), turn, headers)
}

function* piecesOf(page: readonly Listed[]): Generator<string> {
  let before = '['
  for (const listed of page) {
    yield before + listed.text()
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

function isWanted(view: View, query: URLSearchParams, { searched, isRouters }: ListKind): boolean {
  if (searched.length === 0) return true
  const given = (name: string): string => query.get(name) ?? ''
  const search = given('search').toLowerCase()
  if (search !== '' && !searched.some((key) => text(key)(view).toLowerCase().includes(search))) return false
  const status = given('status').toLowerCase()
  if (status !== '' && status !== view.status) return false
  if (!isRouters) return true
  const service = given('serviceName')
  const ownService = text('service')(view)
  // A reference without provider means the part in front of the searched name's `@`.
  if (service !== '' && ownService !== (ownService.includes('@') ? service : service.split('@')[0])) return false
  const middleware = given('middlewareName')
  return middleware === '' || ((view.middlewares as readonly string[] | undefined) ?? []).includes(middleware)
}

function sort(all: readonly Listed[], query: URLSearchParams, { sorted }: ListKind): Listed[] {
  const by = query.get('sortBy') ?? ''
  const keyOf = Object.hasOwn(sorted, by) ? sorted[by]! : sorted.name!
  const sign = ['', 'asc'].includes(query.get('direction') ?? '') ? 1 : -1
  return all
    .map((listed) => ({ listed, key: keyOf(listed.view), name: sorted.name!(listed.view) }))
    .sort((a, b) => {
      if (a.key !== b.key) return a.key < b.key ? -sign : sign
      return a.name === b.name ? 0 : a.name < b.name ? -sign : sign
    })
    .map(({ listed }) => listed)
}

/** A whole number from 1 on; what can't be read counts as 0. */
function positive(query: URLSearchParams, name: string, otherwise: number): number | Response {
  const given = query.get(name) ?? ''
  if (given === '') return otherwise
  const value = /^[+-]?[0-9]+$/.test(given) ? Number(given) : 0
  if (value >= 1 && value <= Number.MAX_SAFE_INTEGER) return value
  return refuse(400, `invalid request: ${name}: ${value > 1 ? '9223372036854775807' : value}`)
}

import { answer, refuse } from './answers.ts'
import type { View } from './views.ts'

/** What a list can be searched and sorted by. */
export interface ListKind {
  /** Keys that `search` looks in; none: the list is only paged. */
  readonly searched: readonly string[]
  /** Whether `serviceName` and `middlewareName` apply. */
  readonly isRouters: boolean
  readonly sorted: Readonly<Record<string, (view: View) => string | number | bigint>>
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

/** One page of a list: filtered, sorted, cut (Traefik `pkg/api/criterion.go`, `sort.go`); 400 for a page that does not exist. */
export function list(views: readonly View[], query: URLSearchParams, kind: ListKind): Response {
  const found = sort(
    views.filter((view) => isWanted(view, query, kind)),
    query,
    kind,
  )
  const page = positive(query, 'page', 1)
  if (page instanceof Response) return page
  const perPage = positive(query, 'per_page', 100)
  if (perPage instanceof Response) return perPage
  const start = (page - 1) * perPage
  if (start > 0 && start >= found.length) return refuse(400, `invalid request: page: ${page}, per_page: ${perPage}`)
  const end = start + perPage
  return answer(found.slice(start, end), { 'X-Next-Page': end < found.length ? String(page + 1) : '1' })
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

function sort(views: View[], query: URLSearchParams, { sorted }: ListKind): View[] {
  const by = query.get('sortBy') ?? ''
  const key = Object.hasOwn(sorted, by) ? sorted[by]! : common.name
  const sign = ['', 'asc'].includes(query.get('direction') ?? '') ? 1 : -1
  return views.sort((a, b) => {
    const [left, right] = [key(a), key(b)]
    if (left !== right) return left < right ? -sign : sign
    return common.name(a) < common.name(b) ? -sign : sign
  })
}

/** A whole number from 1 on; what can't be read counts as 0. */
function positive(query: URLSearchParams, name: string, otherwise: number): number | Response {
  const given = query.get(name) ?? ''
  if (given === '') return otherwise
  const value = /^[+-]?[0-9]+$/.test(given) ? Number(given) : 0
  if (value >= 1 && value <= Number.MAX_SAFE_INTEGER) return value
  return refuse(400, `invalid request: ${name}: ${value > 1 ? '9223372036854775807' : value}`)
}

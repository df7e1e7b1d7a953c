import { refine, usePlace } from './location.ts'

const PER_PAGE = 50

/** What a list shows, which is part of the address. */
export interface Listing {
  readonly search: string
  readonly status: string
  /** From 1 on. */
  readonly page: number
  /** Elements on the pages before. */
  readonly before: number
  /** What the API is asked for. */
  readonly query: URLSearchParams
  readonly sorting: {
    readonly by: string
    readonly descending: boolean
    readonly onSort: (by: string, descending: boolean) => void
  }
}

/** @param order where the address says none, as the API calls it */
export function useListing(order: string): Listing {
  const { query: address } = usePlace()
  const given = (name: string) => address.get(name) ?? ''
  const page = Math.max(1, Number(given('page')) || 1)
  const by = given('sortBy') || order
  const query = new URLSearchParams({ page: String(page), per_page: String(PER_PAGE), sortBy: by })
  for (const name of ['search', 'status', 'direction']) if (given(name) !== '') query.set(name, given(name))
  return {
    search: given('search'),
    status: given('status'),
    page,
    before: (page - 1) * PER_PAGE,
    query,
    sorting: {
      by,
      descending: given('direction') === 'desc',
      onSort: (sortBy, descending) => refine({ sortBy, direction: descending ? 'desc' : '', page: '' }),
    },
  }
}

import { useEffect } from 'preact/hooks'
import { read, readPage } from '../api/client.ts'
import { type Plural, PROTOCOLS, type Protocol, pluralsOf } from '../api/elements.ts'
import type { Element, Overview, Router } from '../api/shapes.ts'
import { standingOf } from '../api/track.ts'
import { ElementLink, Name } from '../parts/element-links.tsx'
import { Choice, Pager, Search } from '../parts/filters.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { count } from '../parts/numbers.ts'
import { State } from '../parts/signal.tsx'
import { type Column, Table } from '../parts/table.tsx'
import { link, refine, usePlace } from '../state/location.ts'
import { useLoad } from '../state/use-load.ts'

const PER_PAGE = 50

const FILTERS = ['search', 'status']

const STATUSES = [
  ['', 'All'],
  ['enabled', 'Enabled'],
  ['warning', 'Warning'],
  ['disabled', 'Disabled'],
] as const

/** A list of elements: the API searches, sorts and cuts. */
export function ListPage({ protocol, plural }: { readonly protocol: Protocol; readonly plural: Plural }) {
  const { query } = usePlace()
  const given = (name: string) => query.get(name) ?? ''
  const page = Math.max(1, Number(given('page')) || 1)
  const asked = new URLSearchParams({ page: String(page), per_page: String(PER_PAGE) })
  for (const name of [...FILTERS, 'sortBy', 'direction']) if (given(name) !== '') asked.set(name, given(name))
  const path = `${protocol}/${plural}?${asked}`
  const loaded = useLoad(path, (signal) => readPage<Element>(path, signal))
  const overview = useLoad('overview', (signal) => read<Overview>('overview', signal))
  const isWhole = !FILTERS.some((name) => given(name) !== '')
  const total = isWhole ? overview.value?.[protocol][plural]?.total : undefined
  const by = given('sortBy') || 'name'
  useEffect(() => {
    // What was on this page is gone, or filtered out.
    if (loaded.error?.status === 400 && page > 1) refine({ page: '' })
  }, [loaded.error, page])
  return (
    <>
      <Heading title={`${protocol.toUpperCase()} ${plural}`} />
      <nav class="tabs" aria-label="Lists">
        {PROTOCOLS.map((each) => (
          <span key={each}>
            <span class="label">{each.toUpperCase()}</span>
            {pluralsOf(each).map((one) => (
              <a
                key={one}
                href={link([each, one])}
                aria-current={each === protocol && one === plural ? 'page' : undefined}
              >
                {one}
              </a>
            ))}
          </span>
        ))}
      </nav>
      <div class="filters">
        <Search
          label={plural === 'routers' && protocol !== 'udp' ? 'Search names and rules' : 'Search names'}
          text={given('search')}
        />
        <Choice
          label="Status"
          of={STATUSES}
          value={given('status')}
          onChoose={(status) => refine({ status, page: '' })}
        />
      </div>
      <Loading of={loaded}>
        {({ items, next }) => {
          const first = (page - 1) * PER_PAGE
          const of = total === undefined ? '' : ` of ${count(total)}`
          const range =
            items.length === 0 ? 'Nothing matches.' : `${count(first + 1)} to ${count(first + items.length)}${of}`
          return (
            <>
              <Table
                caption={`${protocol.toUpperCase()} ${plural}`}
                columns={columnsOf(protocol, plural)}
                rows={items}
                keyOf={({ name }) => name}
                busy={loaded.busy}
                sorting={{
                  by,
                  descending: given('direction') === 'desc',
                  onSort: (sortBy, descending) => refine({ sortBy, direction: descending ? 'desc' : '', page: '' }),
                }}
              />
              <Pager page={page} next={next} shown={range} />
            </>
          )
        }}
      </Loading>
    </>
  )
}

function columnsOf(protocol: Protocol, plural: Plural): readonly Column<Element>[] {
  const status: Column<Element> = { label: 'Status', sortBy: 'status', cell: (one) => <State state={one.status} /> }
  const name: Column<Element> = {
    label: 'Name',
    sortBy: 'name',
    cell: (one) => <ElementLink protocol={protocol} plural={plural} name={one.name} />,
  }
  const provider: Column<Element> = { label: 'Provider', sortBy: 'provider', cell: (one) => one.provider }
  const type: Column<Element> = { label: 'Type', sortBy: 'type', cell: (one) => one.type ?? '' }
  const users: Column<Element> = { label: 'Used by', isNumber: true, cell: (one) => usersOf(one) }
  if (plural === 'services') {
    const servers: Column<Element> = { label: 'Servers', sortBy: 'servers', isNumber: true, cell: standingOf }
    return [status, name, type, servers, users, provider]
  }
  // Middlewares of TCP don't tell who uses them.
  if (plural === 'middlewares') return [status, name, type, ...(protocol === 'http' ? [users] : []), provider]
  return [status, name, ...routerColumns(protocol)]
}

const usersOf = ({ usedBy = [] }: Element): string => (usedBy.length === 0 ? '–' : String(usedBy.length))

function routerColumns(protocol: Protocol): readonly Column<Element>[] {
  const entryPoints: Column<Element> = {
    label: 'Entry points',
    sortBy: 'entryPoints',
    cell: (one) => (one as Router).using?.join(', ') ?? '',
  }
  const service: Column<Element> = {
    label: 'Service',
    sortBy: 'service',
    cell: ({ service: named }) =>
      typeof named === 'string' ? (
        <span>
          <Name name={named} />
        </span>
      ) : (
        ''
      ),
  }
  if (protocol === 'udp') return [entryPoints, service]
  const rule: Column<Element> = {
    label: 'Rule',
    sortBy: 'rule',
    cell: (one) => <code class="rule">{(one as Router).rule ?? ''}</code>,
  }
  const priority: Column<Element> = {
    label: 'Priority',
    sortBy: 'priority',
    isNumber: true,
    cell: (one) => <span class="priority">{(one as Router).priorityStr ?? ''}</span>,
  }
  return [rule, entryPoints, service, priority]
}

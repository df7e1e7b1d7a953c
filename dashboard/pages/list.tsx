import { useEffect } from 'preact/hooks'
import { read, readPage } from '../api/client.ts'
import { type Plural, PROTOCOLS, type Protocol, pluralsOf, usersOf } from '../api/elements.ts'
import type { Element, Overview, Router } from '../api/shapes.ts'
import { standingOf } from '../api/track.ts'
import { ElementLink, Name } from '../parts/element-links.tsx'
import { Filters, Pager } from '../parts/filters.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { count } from '../parts/numbers.ts'
import { State } from '../parts/signal.tsx'
import { type Column, Table } from '../parts/table.tsx'
import { link, refine } from '../state/location.ts'
import { useListing } from '../state/use-listing.ts'
import { useLoad } from '../state/use-load.ts'

const STATUSES = [
  ['', 'All'],
  ['enabled', 'Enabled'],
  ['warning', 'Warning'],
  ['disabled', 'Disabled'],
] as const

/** A list of elements: the API searches, sorts and cuts. */
export function ListPage({ protocol, plural }: { readonly protocol: Protocol; readonly plural: Plural }) {
  const listing = useListing('name')
  const { page, before } = listing
  const path = `${protocol}/${plural}?${listing.query}`
  const loaded = useLoad(path, (signal) => readPage<Element>(path, signal))
  const overview = useLoad('overview', (signal) => read<Overview>('overview', signal))
  const isWhole = listing.search === '' && listing.status === ''
  const total = isWhole ? overview.value?.[protocol][plural]?.total : undefined
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
      <Filters
        listing={listing}
        label={plural === 'routers' && protocol !== 'udp' ? 'Search names and rules' : 'Search names'}
        statuses={STATUSES}
      />
      <Loading of={loaded}>
        {({ items, next }) => {
          const of = total === undefined ? '' : ` of ${count(total)}`
          const range =
            items.length === 0 ? 'Nothing matches.' : `${count(before + 1)} to ${count(before + items.length)}${of}`
          return (
            <>
              <Table
                caption={`${protocol.toUpperCase()} ${plural}`}
                columns={columnsOf(protocol, plural)}
                rows={items}
                keyOf={({ name }) => name}
                busy={loaded.busy}
                sorting={listing.sorting}
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
  const users: Column<Element> = { label: 'Used by', isNumber: true, cell: (one) => usersOf(one).length || '–' }
  if (plural === 'services') {
    const servers: Column<Element> = { label: 'Servers', sortBy: 'servers', isNumber: true, cell: standingOf }
    return [status, name, type, servers, users, provider]
  }
  // Middlewares of TCP don't tell who uses them.
  if (plural === 'middlewares') return [status, name, type, ...(protocol === 'http' ? [users] : []), provider]
  return [status, name, ...routerColumns(protocol)]
}

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

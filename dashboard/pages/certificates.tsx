import { readPage } from '../api/client.ts'
import type { Certificate } from '../api/shapes.ts'
import { Choice, Pager, Search } from '../parts/filters.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { State } from '../parts/signal.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../parts/time.tsx'
import { refine, usePlace } from '../state/location.ts'
import { useLoad } from '../state/use-load.ts'

const PER_PAGE = 50

const STATUSES = [
  ['', 'All'],
  ['enabled', 'Valid'],
  ['warning', 'Ends soon'],
  ['expired', 'Expired'],
] as const

const WORDS: Readonly<Record<string, string>> = { enabled: 'valid', warning: 'ends soon' }

/** The certificates that servers of this proxy show, the first to end first. */
export function CertificatesPage() {
  const { query } = usePlace()
  const given = (name: string) => query.get(name) ?? ''
  const page = Math.max(1, Number(given('page')) || 1)
  const by = given('sortBy') || 'validUntil'
  const asked = new URLSearchParams({ page: String(page), per_page: String(PER_PAGE), sortBy: by })
  for (const name of ['search', 'status', 'direction']) if (given(name) !== '') asked.set(name, given(name))
  const path = `certificates?${asked}`
  const loaded = useLoad(path, (signal) => readPage<Certificate>(path, signal))
  return (
    <>
      <Heading title="Certificates" />
      <div class="filters">
        <Search label="Search names and issuers" text={given('search')} />
        <Choice
          label="Status"
          of={STATUSES}
          value={given('status')}
          onChoose={(status) => refine({ status, page: '' })}
        />
      </div>
      <Loading of={loaded}>
        {({ items, next }) => (
          <>
            <Table
              caption="Certificates"
              busy={loaded.busy}
              rows={items}
              keyOf={({ name, certFingerprint, serialNumber }) => certFingerprint ?? `${name} ${serialNumber}`}
              sorting={{
                by,
                descending: given('direction') === 'desc',
                onSort: (sortBy, descending) => refine({ sortBy, direction: descending ? 'desc' : '', page: '' }),
              }}
              columns={[
                {
                  label: 'Status',
                  sortBy: 'status',
                  cell: ({ status }) => <State state={status}>{WORDS[status] ?? status}</State>,
                },
                { label: 'Name', sortBy: 'name', cell: ({ commonName, name }) => commonName || name },
                { label: 'Hosts', cell: ({ sans = [] }) => <code class="rule">{sans.join(', ')}</code> },
                { label: 'Ends', sortBy: 'validUntil', cell: ({ notAfter }) => <Ends at={notAfter} /> },
                { label: 'Issuer', sortBy: 'issuer', cell: ({ issuerCN, issuerOrg }) => issuerCN || issuerOrg || '' },
                { label: 'Key', cell: ({ keyType, keySize }) => [keyType, keySize].filter(Boolean).join(' ') },
              ]}
            />
            <Pager page={page} next={next} shown={items.length === 0 ? 'Nothing to show.' : ''} />
          </>
        )}
      </Loading>
    </>
  )
}

/** The day, and how far it is. */
function Ends({ at }: { readonly at: string }) {
  return (
    <span>
      {at.slice(0, 10)}{' '}
      <span class="muted">
        <Ago at={at} />
      </span>
    </span>
  )
}

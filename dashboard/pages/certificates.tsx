import { readPage } from '../api/client.ts'
import type { Certificate } from '../api/shapes.ts'
import { Filters, Pager } from '../parts/filters.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { State } from '../parts/signal.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../parts/time.tsx'
import { useListing } from '../state/use-listing.ts'
import { useLoad } from '../state/use-load.ts'

const STATUSES = [
  ['', 'All'],
  ['enabled', 'Valid'],
  ['warning', 'Ends soon'],
  ['expired', 'Expired'],
] as const

const WORDS: Readonly<Record<string, string>> = { enabled: 'valid', warning: 'ends soon' }

/** The certificates that servers of this proxy show, the first to end first. */
export function CertificatesPage() {
  const listing = useListing('validUntil')
  const path = `certificates?${listing.query}`
  const loaded = useLoad(path, (signal) => readPage<Certificate>(path, signal))
  return (
    <>
      <Heading title="Certificates" />
      <Filters listing={listing} label="Search names and issuers" statuses={STATUSES} />
      <Loading of={loaded}>
        {({ items, next }) => (
          <>
            <Table
              caption="Certificates"
              busy={loaded.busy}
              rows={items}
              keyOf={({ name, certFingerprint, serialNumber }) => certFingerprint ?? `${name} ${serialNumber}`}
              sorting={listing.sorting}
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
            <Pager page={listing.page} next={next} shown={items.length === 0 ? 'Nothing to show.' : ''} />
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

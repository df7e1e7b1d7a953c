import type { ComponentChildren } from 'preact'
import type { Figures } from '../api/shapes.ts'
import { ElementLink } from '../parts/element-links.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { count, duration, percent } from '../parts/numbers.ts'
import { Table } from '../parts/table.tsx'
import { TrafficCharts } from '../parts/traffic-charts.tsx'
import { useTraffic } from '../state/use-traffic.ts'
import { useOffer } from '../state/version.ts'

const NOT_COUNTED = 'This runtime does not count traffic: its isolates come and go, and see a part of it each.'

/** What goes through the proxy now. */
export function TrafficPage() {
  const isCounted = useOffer('traffic')
  const loaded = useTraffic()
  return (
    <>
      <Heading title="Traffic" />
      {isCounted === false ? (
        <p class="plate-note">{NOT_COUNTED}</p>
      ) : (
        <Loading of={loaded}>
          {(traffic) => (
            <>
              <TrafficCharts traffic={traffic} />
              <div class="columns">
                <section class="panel wide">
                  <h2>By router</h2>
                  <FiguresTable
                    caption="Routers"
                    figures={traffic.routers}
                    named={(name) => <ElementLink protocol="http" plural="routers" name={name} />}
                  />
                </section>
                <section class="panel wide">
                  <h2>By server</h2>
                  <FiguresTable caption="Servers" figures={traffic.servers} named={(url) => <code>{url}</code>} />
                </section>
              </div>
            </>
          )}
        </Loading>
      )}
    </>
  )
}

interface FiguresProps {
  readonly caption: string
  readonly figures: Readonly<Record<string, Figures>>
  readonly named: (name: string) => ComponentChildren
}

function FiguresTable({ caption, figures, named }: FiguresProps) {
  const rows = Object.entries(figures).sort(([, a], [, b]) => b.requests - a.requests)
  if (rows.length === 0)
    return <p class="muted">Nothing has come through yet. Counting began when this page was opened.</p>
  return (
    <Table
      caption={caption}
      keyOf={([name]) => name}
      rows={rows}
      columns={[
        { label: caption.replace(/s$/, ''), cell: ([name]) => named(name) },
        { label: 'Requests', isNumber: true, cell: ([, { requests }]) => count(requests) },
        { label: 'Errors', isNumber: true, cell: ([, one]) => <Share {...one} /> },
        { label: 'p50', isNumber: true, cell: ([, { p50 }]) => (p50 === null ? '–' : duration(p50)) },
        { label: 'p99', isNumber: true, cell: ([, { p99 }]) => (p99 === null ? '–' : duration(p99)) },
      ]}
    />
  )
}

function Share({ requests, errors }: Figures) {
  const share = requests === 0 ? 0 : errors / requests
  return <span class={errors > 0 ? 'bad' : ''}>{percent(share)}</span>
}

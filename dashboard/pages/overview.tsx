import { read, readPage } from '../api/client.ts'
import { PROTOCOLS, pluralsOf } from '../api/elements.ts'
import type { Count, EntryPoint, Overview, ProviderState } from '../api/shapes.ts'
import { EntryPoints } from '../parts/entry-points.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { count, counted } from '../parts/numbers.ts'
import { keyOf, ProblemCard } from '../parts/problem.tsx'
import { Providers } from '../parts/providers.tsx'
import { State } from '../parts/signal.tsx'
import { Ago } from '../parts/time.tsx'
import { TrafficCharts } from '../parts/traffic-charts.tsx'
import { link } from '../state/location.ts'
import { useProblems } from '../state/problems.ts'
import { useLoad } from '../state/use-load.ts'
import { useTraffic } from '../state/use-traffic.ts'
import { useOffer, useVersion } from '../state/version.ts'

/** Problems that are shown before the rest. */
const PROBLEMS = 3

interface Everything {
  readonly overview: Overview
  readonly entryPoints: readonly EntryPoint[]
  readonly providers: readonly ProviderState[]
}

async function readAll(hasStates: boolean, signal: AbortSignal): Promise<Everything> {
  const [overview, { items }, providers] = await Promise.all([
    read<Overview>('overview', signal),
    readPage<EntryPoint>('entrypoints', signal),
    hasStates ? read<readonly ProviderState[]>('provider-states', signal) : [],
  ])
  return { overview, entryPoints: items, providers }
}

/** How everything stands, what is wrong first. */
export function OverviewPage() {
  const version = useVersion()
  const hasStates = useOffer('provider-states')
  const loaded = useLoad(hasStates === null ? null : 'overview', (signal) => readAll(hasStates === true, signal))
  return (
    <>
      <Heading title="Overview">
        {version !== null && (
          <p class="facts">
            <span>Version {version.Version}</span>
            <span>
              started <Ago at={version.startDate} />
            </span>
          </p>
        )}
      </Heading>
      <Problems />
      <Loading of={loaded}>
        {({ overview, entryPoints, providers }) => (
          <>
            <section aria-labelledby="elements-title">
              <h2 id="elements-title">Elements</h2>
              <div class="counts">
                {PROTOCOLS.map((protocol) => (
                  <div key={protocol} class="panel">
                    <h3 class="label">{protocol.toUpperCase()}</h3>
                    {pluralsOf(protocol).map((plural) => (
                      <Counted
                        key={plural}
                        noun={plural}
                        count={overview[protocol][plural]}
                        segments={[protocol, plural]}
                        bad="disabled"
                      />
                    ))}
                  </div>
                ))}
                <div class="panel">
                  <h3 class="label">TLS</h3>
                  <Counted
                    noun="certificates"
                    count={overview.certificates}
                    segments={['certificates']}
                    bad="expired"
                  />
                  <Features features={overview.features} />
                </div>
              </div>
            </section>
            <Live />
            <div class="columns">
              <EntryPoints entryPoints={entryPoints} />
              <Providers states={providers} names={overview.providers ?? []} />
            </div>
          </>
        )}
      </Loading>
    </>
  )
}

function Problems() {
  const value = useProblems()
  if (value === null) return null
  if (value.length === 0) {
    return (
      <p class="plate-note">
        <State state="enabled">No problems</State>
      </p>
    )
  }
  return (
    <section aria-labelledby="problems-title">
      <h2 id="problems-title">{counted(value.length, 'problem')}</h2>
      {value.slice(0, PROBLEMS).map((problem) => (
        <ProblemCard key={keyOf(problem)} problem={problem} brief />
      ))}
      <p>
        <a href={link(['problems'])}>{value.length > PROBLEMS ? `All ${count(value.length)} problems` : 'In full'}</a>
      </p>
    </section>
  )
}

function Live() {
  const traffic = useTraffic().value
  if (traffic === null) return null
  return (
    <section aria-labelledby="traffic-title">
      <h2 id="traffic-title">
        <a href={link(['traffic'])}>Traffic</a>
      </h2>
      <TrafficCharts traffic={traffic} />
    </section>
  )
}

interface CountedProps {
  readonly noun: string
  readonly count: Count | undefined
  readonly segments: readonly string[]
  /** The status of what counts as an error. */
  readonly bad: string
}

/** How many there are, as a section of track: what is occupied by trouble is coloured. */
function Counted({ noun, count: given, segments, bad }: CountedProps) {
  const { total, warnings, errors } = given ?? { total: 0, warnings: 0, errors: 0 }
  const sections = [
    ['clear', total - warnings - errors],
    ['caution', warnings],
    ['danger', errors],
  ] as const
  return (
    <div class="counted">
      <a href={link(segments)}>
        <b>{count(total)}</b> {total === 1 ? noun.slice(0, -1) : noun}
      </a>
      <span class="section" aria-hidden="true">
        {sections.map(([aspect, part]) => part > 0 && <i key={aspect} class={aspect} style={{ flexGrow: part }} />)}
      </span>
      {warnings + errors > 0 && (
        <span class="trouble">
          {errors > 0 && (
            <a href={link(segments, { status: bad })}>
              <State state="error">
                {count(errors)} {bad}
              </State>
            </a>
          )}
          {warnings > 0 && (
            <a href={link(segments, { status: 'warning' })}>
              <State state="warning">{counted(warnings, 'warning')}</State>
            </a>
          )}
        </span>
      )}
    </div>
  )
}

function Features({ features }: { readonly features: Overview['features'] }) {
  return (
    <dl class="features">
      {Object.entries(features).map(([name, value]) => (
        <div key={name}>
          <dt>{wordsOf(name)}</dt>
          <dd>{value === true ? 'on' : value === false || value === '' ? 'off' : value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** `accessLog`: access log. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

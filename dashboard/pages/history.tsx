import { read } from '../api/client.ts'
import type { Applied, Change } from '../api/shapes.ts'
import { diffOf } from '../parts/diff.ts'
import { Name } from '../parts/element-links.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { Ago } from '../parts/time.tsx'
import { type Loaded, useLoad } from '../state/use-load.ts'
import { useOffer } from '../state/version.ts'

const NONE: Loaded<readonly Applied[]> = { value: [], error: null, busy: false }

/** The configurations that were put in force lately, and what each changed. */
export function HistoryPage() {
  const isKept = useOffer('history')
  const loaded = useLoad(isKept === true ? 'history' : null, (signal) => read<readonly Applied[]>('history', signal))
  return (
    <>
      <Heading title="History" />
      <Loading of={isKept === false ? NONE : loaded}>
        {(entries) =>
          entries.length === 0 ? (
            <p class="plate-note">
              Nothing has been put in force since the start, or this runtime keeps no history: on Workers `signalbox
              edge history` has it.
            </p>
          ) : (
            <ol class="history">
              {entries.map((entry, at) => (
                <li key={entry.revision}>
                  <Entry entry={entry} isOpen={at === 0} />
                </li>
              ))}
            </ol>
          )
        }
      </Loading>
    </>
  )
}

function Entry({ entry, isOpen }: { readonly entry: Applied; readonly isOpen: boolean }) {
  const { revision, at, providers, added, changed, removed, changes, changesLeftOut } = entry
  const parts = [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ] as const
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`)
  return (
    <details class="entry" open={isOpen}>
      <summary>
        <b>Revision {revision}</b>
        <span>{said.length === 0 ? 'nothing changed' : said.join(', ')}</span>
        <span class="muted">
          {providers.join(', ')}, <Ago at={at} />
        </span>
      </summary>
      {changes.map((change) => (
        <ChangeCard key={`${change.kind} ${change.name}`} change={change} />
      ))}
      {changesLeftOut > 0 && <p class="muted">{changesLeftOut} more are not shown.</p>}
    </details>
  )
}

/** What was changed is shown; what came and went at a click. */
function ChangeCard({ change: { kind, name, change, before, after } }: { readonly change: Change }) {
  const lines = diffOf(before, after)
  return (
    <details class="change" open={change === 'changed'}>
      <summary>
        <span class="type">{change}</span> <span class="muted">{kind}</span>
        <b>
          <Name name={name} />
        </b>
      </summary>
      {lines.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the screen can be scrolled by keys
        <pre class="diff" tabIndex={0}>
          {lines.map(({ sign, path, value }) => (
            <span key={`${sign}${path}`} class={sign === '+' ? 'in' : 'out'}>
              {`${sign} ${path}${path === '' ? '' : ': '}${value}\n`}
            </span>
          ))}
        </pre>
      )}
    </details>
  )
}

import type { ProviderState } from '../api/shapes.ts'
import { counted } from './numbers.ts'
import { State } from './signal.tsx'
import { Ago } from './time.tsx'

/** How the sources of the configuration stand; where that is not known, which there are. */
export function Providers(props: { readonly states: readonly ProviderState[]; readonly names: readonly string[] }) {
  const { states, names } = props
  return (
    <section class="panel" aria-labelledby="providers-title">
      <h2 id="providers-title">Providers</h2>
      {states.length === 0 && <p>{names.length === 0 ? 'none' : names.join(', ')}</p>}
      <ul class="rows">
        {states.map(({ name, status, since, peer, error, nextTryAt, changedAt, objects }) => (
          <li key={name}>
            <p class="stop-head">
              <b>{name}</b>
              <State state={status} />
              <span class="muted">
                since <Ago at={since} />
              </span>
            </p>
            <p>
              {counted(objects, 'object')}
              {changedAt !== null && (
                <>
                  , changed <Ago at={changedAt} />
                </>
              )}
              {peer !== null && (
                <>
                  , from <code>{peer}</code>
                </>
              )}
            </p>
            {error !== null && <p class="bad">{error}</p>}
            {nextTryAt !== null && (
              <p class="muted">
                Next try <Ago at={nextTryAt} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

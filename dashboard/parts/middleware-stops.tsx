import { optionsOf, type Protocol } from '../api/elements.ts'
import type { MiddlewareStop } from '../api/track.ts'
import { ElementLink, Name } from './element-links.tsx'
import { Options } from './options.tsx'
import { State } from './signal.tsx'

/** Middlewares in the order in which requests pass them, with their options. */
export function MiddlewareStops(props: { readonly protocol: Protocol; readonly stops: readonly MiddlewareStop[] }) {
  const { protocol, stops } = props
  if (stops.length === 0) return <p class="muted">none: requests pass as they come</p>
  return (
    <ol class="stops">
      {stops.map((stop, at) => (
        <li key={at}>
          <Stop protocol={protocol} stop={stop} />
        </li>
      ))}
    </ol>
  )
}

function Stop({
  protocol,
  stop: { name, element, inner },
}: {
  readonly protocol: Protocol
  readonly stop: MiddlewareStop
}) {
  if (element === null) {
    return (
      <State state="disabled">
        <span>
          <Name name={name} />: there is no such middleware
        </span>
      </State>
    )
  }
  return (
    <>
      <p class="stop-head">
        <ElementLink protocol={protocol} plural="middlewares" name={name} />
        <span class="type">{element.type}</span>
        {element.status !== 'enabled' && <State state={element.status} />}
      </p>
      {inner.length > 0 ? (
        <MiddlewareStops protocol={protocol} stops={inner} />
      ) : (
        <details>
          <summary>Options</summary>
          <Options value={optionsOf(element)} />
        </details>
      )}
    </>
  )
}

import { blockOf, type Protocol } from '../api/elements.ts'
import { isThere, type MiddlewareStop } from '../api/track.ts'
import { ElementLink, Name } from './element-links.tsx'
import { OptionsOf } from './options.tsx'
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
  if (!isThere(element)) {
    return (
      <State state={element === null ? 'disabled' : 'unknown'}>
        <span>
          <Name name={name} />: {element === null ? 'there is no such middleware' : 'the picture is full'}
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
        <OptionsOf name={name} value={blockOf(element)} />
      )}
    </>
  )
}

import { placeOf } from '../api/elements.ts'
import type { Problem } from '../api/shapes.ts'
import { link } from '../state/location.ts'
import { State } from './signal.tsx'
import { Ago } from './time.tsx'

/** A problem as one reads it: what is wrong, where it is written, what to do. */
export function ProblemCard({ problem, brief = false }: { readonly problem: Problem; readonly brief?: boolean }) {
  const { severity, message, hint, element, provider, since, frame, origin } = problem
  const place = element === null ? null : placeOf(element, provider)
  return (
    <article class={`problem ${severity}`}>
      <p class="problem-head">
        <State state={severity === 'error' ? 'error' : 'warning'}>{severity}</State>
        {element !== null && (place === null ? <code>{element}</code> : <a href={link(place)}>{element}</a>)}
        <span class="muted since">
          <Ago at={since} />
        </span>
      </p>
      <p class="problem-message">{message}</p>
      {hint !== null && <p>{hint}</p>}
      <p class="muted">
        {whereOf(problem)}
        {origin !== null && ` ${origin}`}
      </p>
      {frame !== null && !brief && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the screen can be scrolled by keys
        <pre class="frame" tabIndex={0}>
          {frame}
        </pre>
      )}
    </article>
  )
}

/** `routing.yml:12:7, provider file` */
function whereOf({ file, line, column, provider }: Problem): string {
  const place = [file, line, column].filter((part) => part !== null).join(':')
  return [place, provider === null ? '' : `provider ${provider}`].filter((part) => part !== '').join(', ')
}

/** What a problem is known by from one reading to the next. */
export const keyOf = ({ severity, message, element, file, line, column, origin }: Problem): string =>
  JSON.stringify([severity, message, element, file, line, column, origin])

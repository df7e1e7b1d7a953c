import { asFieldValue } from '../../engine/nginx/variables.ts'
import type { ProxyResponse } from '../../http/response.ts'
import { edit, isOfType } from './request-phase.ts'
import type { Collected, Run } from './run.ts'
import type { AnswerDirective } from './snippet-plan.ts'

/** What `add_header` is added to without `always`. */
const ADDED_TO: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308])

/** Changes an answer: `add_header` of the inner text stands in the place of those of the outer one. */
export function applyAnswer(response: ProxyResponse, run: Run, outer: Collected, inner: Collected): ProxyResponse {
  const { headers, status } = response
  for (const { name, value, always } of inner.added.length > 0 ? inner.added : outer.added) {
    if (always || ADDED_TO.has(status)) headers.append(name, asFieldValue(run.fill(value)))
  }
  for (const directive of [...outer.answer, ...inner.answer]) applyOne(directive, response, run)
  return response
}

function applyOne(directive: AnswerDirective, { headers, status }: ProxyResponse, run: Run): void {
  if (directive.is === 'answer') {
    const { statuses } = directive.edit
    if ((statuses.length === 0 || statuses.includes(status)) && isOfType(directive.edit, headers)) {
      edit(headers, directive.edit, run)
    }
    return
  }
  const { expires } = directive
  if ('fixed' in expires) {
    headers.set('Expires', expires.fixed)
    headers.set('Cache-Control', expires.cacheControl)
    return
  }
  headers.set('Expires', new Date(run.now().getTime() + expires.seconds * 1000).toUTCString())
  headers.set('Cache-Control', expires.seconds < 0 ? 'no-cache' : `max-age=${expires.seconds}`)
}

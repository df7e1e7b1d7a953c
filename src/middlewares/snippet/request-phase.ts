import { asFieldValue } from '../../engine/nginx/variables.ts'
import { classOf, FRAMING, HOP } from '../../http/field-names.ts'
import { type Fields, lowerName } from '../../http/fields.ts'
import { mediaTypeOf } from '../../http/media-type.ts'
import type { ProxyRequest } from '../../http/request.ts'
import type { Run } from './run.ts'
import type { FieldEdits, RequestDirective, SetDirective } from './snippet-plan.ts'

/** Changes a request. @param request that of the client, or the question to the server that decides */
export function applyRequest(directive: RequestDirective | SetDirective, run: Run, request: ProxyRequest): void {
  switch (directive.is) {
    case 'input':
      if (isOfType(directive.edit, request.headers)) edit(request.headers, directive.edit, run)
      break
    case 'proxySetHeader': {
      const value = asFieldValue(run.fill(directive.value))
      if (lowerName(directive.name) === 'host') break
      if (isOurs(directive.name)) break
      if (value === '') request.headers.delete(directive.name)
      else request.headers.set(directive.name, value)
      break
    }
    case 'proxyMethod': {
      const method = run.fill(directive.method)
      if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) request.method = method
      break
    }
    case 'set':
    case 'authRequestSet':
      run.set(directive.name, run.fill(directive.value, directive.is === 'set' ? null : run.authAnswer))
  }
}

/** Framing is the business of connections. */
const isOurs = (name: string): boolean => (classOf(name) & FRAMING) !== 0 || (classOf(name) & HOP) !== 0

export const isOfType = ({ types }: FieldEdits, fields: Fields): boolean =>
  types.length === 0 || types.includes(mediaTypeOf(fields.first('content-type') ?? '') ?? '')

/** Sets, adds and deletes fields. */
export function edit(fields: Fields, { fields: edits, appends, restricts }: FieldEdits, run: Run): void {
  for (const { name, value, isPrefix } of edits) {
    if (isPrefix) deletePrefixed(fields, lowerName(name))
    else if (isOurs(name)) continue
    else if (value === null) fields.delete(name)
    else if (!restricts || (fields.first(name) ?? '') !== '') {
      const filled = asFieldValue(run.fill(value))
      if (appends) fields.append(name, filled)
      else fields.set(name, filled)
    }
  }
}

function deletePrefixed(fields: Fields, prefix: string): void {
  const names = new Set<string>()
  for (let at = 0; at < fields.lines.length; at += 2) {
    const name = lowerName(fields.lines[at]!)
    if (name.startsWith(prefix) && !isOurs(name)) names.add(name)
  }
  for (const name of names) fields.delete(name)
}

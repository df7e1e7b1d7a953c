import { fromFieldText, toFieldText } from '../../http/fields.ts'
import { decodePath } from '../../http/path.ts'
import { fieldTextOf } from '../../http/path-text.ts'
import { cleanView } from '../shared/path-edit.ts'
import type { CompiledCondition, CompiledDirective, CompiledRewrite } from './compile-directives.ts'
import type { Collected, Run } from './run.ts'
import type { AddHeaderDirective } from './snippet-plan.ts'

/** Runs what rewrites, and collects what is for later; what changes an answer counts behind a `return` too. */
export function collect(directives: readonly CompiledDirective[], run: Run, to: Collected): void {
  for (const directive of directives) {
    if (run.isRefused) return
    switch (directive.is) {
      case 'set':
        if (run.ended === null) run.set(directive.name, run.fill(directive.value))
        break
      case 'return':
        run.ended ??= {
          status: directive.status,
          url: directive.url === null ? null : run.fill(directive.url),
          body: run.fill(directive.body),
        }
        break
      case 'rewrite':
        if (run.ended === null) rewrite(directive, run)
        break
      case 'block':
        if (!holds(directive.condition, run)) break
        to.depth++
        collect(directive.directives, run, to)
        to.depth--
        break
      default:
        putOff(directive, to)
    }
    if (run.ended === null && (run.stopsAll || run.stopsBlock)) return
  }
}

type Later = Exclude<CompiledDirective, { readonly is: 'return' | 'rewrite' | 'block' }>

function putOff(directive: Later, to: Collected): void {
  switch (directive.is) {
    case 'access':
      to.access.push(directive)
      break
    case 'input':
      to.input.push(directive)
      break
    case 'proxySetHeader':
    case 'proxyMethod':
    case 'set':
    case 'authRequestSet':
      to.content.push(directive)
      break
    case 'addHeader':
      putOffHeader(directive, to)
      break
    default:
      to.answer.push(directive)
  }
}

/** Those of an inner block stand in the place of those around it. */
function putOffHeader(directive: AddHeaderDirective, to: Collected): void {
  if (to.depth > to.addedDepth) {
    to.added = []
    to.addedDepth = to.depth
  }
  if (to.depth >= to.addedDepth) to.added.push(directive)
}

function holds(condition: CompiledCondition, run: Run): boolean {
  const { request, cx } = run
  switch (condition.test) {
    case 'isSet': {
      const value = run.fill(condition.text)
      return value !== condition.text && value !== '' && value !== '0'
    }
    case 'equals':
      return (run.fill(condition.text) === run.fill(condition.wanted)) !== condition.not
    case 'matches': {
      const match = condition.regex.exec(fromFieldText(run.fill(condition.text)), cx)
      if (condition.not) return match === null
      match?.groups.forEach((group, at) => {
        if (at > 0) run.set(`$${at}`, toFieldText(group ?? ''))
      })
      return match !== null
    }
    case 'path':
      return condition.regex.test(request.pathView.path, cx)
    case 'pathIs':
      return request.pathView.path === condition.path
    case 'pathBegins':
      return request.pathView.path.startsWith(condition.path)
  }
}

function rewrite(directive: CompiledRewrite, run: Run): void {
  const { request, cx } = run
  const match = directive.regex.exec(request.pathView.path, cx)
  if (match === null) return
  const filled = directive.replacement.replace(/\$([1-9])/g, (written, digit: string) => {
    const group = match.groups[Number(digit)]
    return Number(digit) < match.groups.length ? fieldTextOf(group ?? '') : written
  })
  const result = run.fill(filled)
  if (directive.status !== null) {
    run.ended = { status: directive.status, url: result, body: '' }
    return
  }
  const at = result.indexOf('?')
  const path = decodedPath(at === -1 ? result : result.slice(0, at))
  const view = cleanView({ path, rawPath: '' })
  if (view === null) {
    run.isRefused = true
    return
  }
  const { query } = request
  const own = at === -1 ? (directive.dropsQuery ? '' : query) : result.slice(at)
  request.pathView = view
  if (own !== query) request.target = request.path + escapedQuery(own)
  if (directive.flow === 'last') run.stopsBlock = true
  if (directive.flow === 'break') run.stopsAll = true
}

/** Octets as a decoded path. */
const decodedPath = (octets: string): string => decodePath(octets.replace(/[^A-Za-z0-9\-._~/]/g, escapeOf)) ?? ''

const escapedQuery = (query: string): string => query.replace(/[^\x21-\x7e]/g, escapeOf)

const escapeOf = (octet: string): string =>
  `%${(octet.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`

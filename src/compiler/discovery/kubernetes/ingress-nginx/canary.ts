import { quote } from '../../../templates/quote.ts'
import type { Findings } from '../findings.ts'
import { annotationField, type NginxAnnotations } from './annotations.ts'

/** Which requests a canary takes. */
export interface CanaryChoice {
  readonly weight: number
  readonly total: number
  /** Empty: none. */
  readonly header: string
  readonly value: string
  readonly pattern: string
  readonly cookie: string
}

const LEAST_TOTAL = 100

export function canaryChoice(annotations: NginxAnnotations, findings: Findings): CanaryChoice {
  const total = Math.max(annotations['canary-weight-total'] ?? 0, LEAST_TOTAL)
  const asked = annotations['canary-weight'] ?? 0
  const weight = Math.min(Math.max(asked, 0), total)
  if (weight !== asked) {
    findings.warn(annotationField('canary-weight'), `canary-weight ${asked} counts as ${weight}`, `0 to ${total}`)
  }
  const choice = {
    weight,
    total,
    header: annotations['canary-by-header'] ?? '',
    value: annotations['canary-by-header-value'] ?? '',
    pattern: annotations['canary-by-header-pattern'] ?? '',
    cookie: annotations['canary-by-cookie'] ?? '',
  }
  for (const name of ['canary-by-header-value', 'canary-by-header-pattern'] as const) {
    if (choice.header !== '' || annotations[name] === undefined) continue
    findings.warn(annotationField(name), `${name} has no effect without canary-by-header`)
  }
  return choice
}

/** Any value of the field that is not `always` or `never` leaves it to the weight. */
const hasWords = ({ header, value, pattern }: CanaryChoice): boolean => header !== '' && value === '' && pattern === ''

/** The rule of requests that go to the canary whatever the weight; null: there are none such. */
export function canaryRule(rule: string, choice: CanaryChoice): string | null {
  const { header, value, pattern, cookie } = choice
  const ways: string[] = []
  if (header !== '') {
    if (value !== '') ways.push(`Header(${quote(header)}, ${quote(value)})`)
    else if (pattern !== '') ways.push(`HeaderRegexp(${quote(header)}, ${quote(pattern)})`)
    else ways.push(`Header(${quote(header)}, "always")`)
  }
  if (cookie !== '') {
    const says = cookieSays(cookie, 'always')
    ways.push(hasWords(choice) ? `(${says} && !Header(${quote(header)}, "never"))` : says)
  }
  return ways.length === 0 ? null : `(${rule}) && (${ways.join(' || ')})`
}

/** The rule of requests that never go to the canary; null: there are none such. */
export function nonCanaryRule(rule: string, choice: CanaryChoice): string | null {
  const { header, cookie, weight } = choice
  const ways = [
    ...(hasWords(choice) ? [`Header(${quote(header)}, "never")`] : []),
    ...(cookie === '' ? [] : [cookieSays(cookie, 'never')]),
  ]
  return weight === 0 || ways.length === 0 ? null : `(${rule}) && (${ways.join(' || ')})`
}

const cookieSays = (name: string, word: string): string =>
  `HeaderRegexp("Cookie", ${quote(`(^|;\\s*)${quoteMeta(name)}=${word}(;|$)`)})`

/** Go's `regexp.QuoteMeta`. */
export const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')

import type { KubernetesObject } from './objects.ts'

type Labels = NonNullable<KubernetesObject['metadata']['labels']>

/** Whether an object has the labels that are asked for. */
export type LabelSelector = (labels: Labels) => boolean

const KEY = String.raw`[A-Za-z0-9](?:[\w./-]{0,300}[A-Za-z0-9])?`
const VALUE = String.raw`(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?`
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`)
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`)
const PRESENCE = new RegExp(`^(!?)\\s*(${KEY})$`)
const WHOLE_VALUE = new RegExp(`^${VALUE}$`)

/** Reads a selector as `kubectl` takes it: `a=b,c!=d,e in (f,g),!h`; null: it is none. */
export function parseLabelSelector(text: string): LabelSelector | null {
  const tests: LabelSelector[] = []
  // Commas in brackets part values.
  for (const part of text.split(/,(?![^(]*\))/)) {
    const test = requirement(part.trim())
    if (test === null) return null
    tests.push(test)
  }
  return (labels) => tests.every((test) => test(labels))
}

function requirement(part: string): LabelSelector | null {
  const equality = EQUALITY.exec(part)
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality
    return operator === '!=' ? (labels) => valueIn(labels, key) !== value : (labels) => valueIn(labels, key) === value
  }
  const set = SET.exec(part)
  if (set !== null) {
    const [, key = '', operator, list = ''] = set
    const values = list.split(',').map((value) => value.trim())
    if (!values.every((value) => WHOLE_VALUE.test(value))) return null
    const isIn: LabelSelector = (labels) => values.includes(valueIn(labels, key) ?? '\0')
    return operator === 'in' ? isIn : (labels) => !isIn(labels)
  }
  const [, not, key] = PRESENCE.exec(part) ?? []
  if (key === undefined) return null
  return not === '!' ? (labels) => valueIn(labels, key) === undefined : (labels) => valueIn(labels, key) !== undefined
}

const valueIn = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined

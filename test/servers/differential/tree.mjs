import { allOptions, textFor } from './options.mjs'

const NAMES = ['s', 'one', 'Two', 'm-3']

/** Options that only labels have are none in a document. */
export const documentOptions = allOptions.filter(({ meta }) => meta.ignoredIn?.includes('file') !== true)

/** A document of routing configuration: every option comes up in turn, with others beside it. */
export function randomDocument(random, turn, used, valueFor) {
  const document = {}
  const add = (option) => {
    used.add(option.name)
    const value = valueFor(random, option)
    put(document, pathOf(option.name, NAMES, random), value)
  }
  add(documentOptions[turn % documentOptions.length])
  for (let extra = random.below(6); extra > 0; extra--) add(random.pick(documentOptions))
  return document
}

/** The keys of the name of an option, with one of `names` for each name that is free; `[n]` stays. */
export const pathOf = (option, names, random) =>
  option.split(/\.(?![^<]*>)/).map((level) => (level === '<name>' ? random.pick(names) : level))

/** Puts a value where a path leads; lists on the way have one element. */
export function put(document, path, value) {
  let at = document
  for (const [depth, written] of path.entries()) {
    const isLast = depth === path.length - 1
    const key = written.replace('[n]', '')
    if (written.endsWith('[n]')) {
      if (!Array.isArray(at[key])) at[key] = [{}]
      at = at[key][0]
    } else if (isLast) at[key] = value
    else {
      if (typeof at[key] !== 'object' || at[key] === null || Array.isArray(at[key])) at[key] = {}
      at = at[key]
    }
  }
}

/** As a file may have it: texts, for lists too. */
export const fileValue = (random, option) => {
  if (option.type === 'block') return random.pick([{}, {}, true])
  const text = textFor(random, option)
  if (option.type.startsWith('list of ')) return text.split(',').map((one) => one.trim())
  if (option.type === 'map of string') return { 'X-Name': text }
  return text
}

/** As Go's plain JSON needs it; now and then of another type. */
export const jsonValue = (random, option) => {
  if (random.chance(0.01)) return random.pick([7, 'x', null, true, [], {}])
  const { type } = option
  if (type === 'block') return {}
  if (type === 'boolean') return random.chance(0.5)
  if (type === 'integer' || type === 'number') return random.pick([0, 1, 2, 7, 100, 65535])
  if (type === 'duration') return random.pick(['1s', 10, '1m30s', '250ms', '0s', '1h0m0s'])
  const text = textFor(random, option)
  if (type === 'list of string') return text.split(',')
  if (type.startsWith('list of ')) return [1]
  if (type === 'map of string') return { 'X-Name': text }
  return text
}

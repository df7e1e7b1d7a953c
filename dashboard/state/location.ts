import { Store, useStore } from './store.ts'

/** Where the reader is: the fragment, `#/http/routers/shop%40file?search=x`. */
export interface Place {
  readonly segments: readonly string[]
  readonly query: URLSearchParams
}

function parse(hash: string): Place {
  const text = hash.replace(/^#\/?/, '')
  const mark = text.indexOf('?')
  const path = mark === -1 ? text : text.slice(0, mark)
  return {
    segments: path === '' ? [] : path.split('/').map(decoded),
    query: new URLSearchParams(mark === -1 ? '' : text.slice(mark + 1)),
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    // Written by hand; nothing has this name.
    return segment
  }
}

const place = new Store<Place>(parse(location.hash))
addEventListener('hashchange', () => place.set(parse(location.hash)))

export const usePlace = (): Place => useStore(place)

/** A link to a place; empty values of the query are left out. */
export function link(segments: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))
  const text = given.toString()
  return `#/${segments.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`
}

/** Changes the query of the place where the reader is, without a step in the browser's history. */
export function refine(changes: Readonly<Record<string, string>>): void {
  const { segments, query } = place.value
  history.replaceState(null, '', link(segments, { ...Object.fromEntries(query), ...changes }))
  place.set(parse(location.hash))
}

export const go = (to: string): void => {
  location.hash = to
}

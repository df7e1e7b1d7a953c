import { SignedValueError } from './signed-line.ts'

/** JSON with line feeds between its lines, and where these begin: each in its place, and the end behind them. */
export interface Lines {
  readonly text: Uint8Array
  readonly starts: Uint32Array
}

/** @throws SignedValueError where there are fewer */
export function linesOf(text: Uint8Array, count: number): Lines {
  const starts = new Uint32Array(count + 1)
  let at = 0
  for (let line = 1; line < count; line++) {
    const end = text.indexOf(LINE_FEED, at)
    if (end === -1) throw new SignedValueError('what is signed has fewer lines than it says')
    at = end + 1
    starts[line] = at
  }
  // As if a line feed followed.
  starts[count] = text.length + 1
  return { text, starts }
}

const LINE_FEED = 0x0a
const COMMA = 0x2c
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Entries of an object, each of which is read when it is first asked for and is the same object from then on. */
export class LinedEntries<T> {
  /** How many there are. */
  readonly length: number
  readonly #text: Uint8Array
  readonly #starts: Uint32Array
  readonly #first: number
  readonly #isSorted: boolean
  readonly #flawOf: (value: unknown) => string | null
  readonly #known = new Map<string, T>()
  #places: Map<string, number> | null = null

  /**
   * @param first the line of the first entry
   * @param isSorted whether keys ascend, so that one is found without looking at all
   * @param flawOf why a value is none; null: it is one
   */
  constructor(
    { text, starts }: Lines,
    { first, length, isSorted }: { readonly first: number; readonly length: number; readonly isSorted: boolean },
    flawOf: (value: unknown) => string | null,
  ) {
    this.#text = text
    this.#starts = starts
    this.#first = first
    this.length = length
    this.#isSorted = isSorted
    this.#flawOf = flawOf
  }

  get(key: string): T | undefined {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const place = this.#placeOf(key)
    return place === undefined ? undefined : this.#read(key, place)
  }

  /** The entry in a place, from 0. */
  at(place: number): readonly [key: string, value: T] {
    const key = this.#keyAt(place)
    return [key, this.#known.get(key) ?? this.#read(key, place)]
  }

  keys(): string[] {
    return Array.from({ length: this.length }, (_, place) => this.#keyAt(place))
  }

  #placeOf(key: string): number | undefined {
    if (!this.#isSorted) {
      this.#places ??= new Map(this.keys().map((name, place) => [name, place]))
      return this.#places.get(key)
    }
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const found = this.#keyAt(middle)
      if (found === key) return middle
      if (found < key) low = middle + 1
      else high = middle
    }
    return undefined
  }

  #keyAt(place: number): string {
    const start = this.#starts[this.#first + place]!
    return JSON.parse(this.#decoded(start, this.#keyEnd(start))) as string
  }

  /** Behind the quote that ends it. */
  #keyEnd(start: number): number {
    for (let at = start + 1; ; at++) {
      const byte = this.#text[at]
      if (byte === undefined) throw new SignedValueError('what is signed has a line that is no entry')
      if (byte === QUOTE) return at + 1
      if (byte === BACKSLASH) at++
    }
  }

  #read(key: string, place: number): T {
    const line = this.#first + place
    const start = this.#keyEnd(this.#starts[line]!) + 1
    const end = this.#starts[line + 1]! - 1
    const value: unknown = JSON.parse(this.#decoded(start, this.#text[end - 1] === COMMA ? end - 1 : end))
    const flaw = this.#flawOf(value)
    if (flaw !== null) throw new SignedValueError(flaw)
    this.#known.set(key, value as T)
    return value as T
  }

  #decoded(start: number, end: number): string {
    return decoder.decode(this.#text.subarray(start, end))
  }
}

const decoder = new TextDecoder()

/** Entries as an object: who asks for one reads one, who goes over them reads all. */
export function asRecord<T>(entries: LinedEntries<T>): Readonly<Record<string, T>> {
  const entryOf = (key: string | symbol): T | undefined => (typeof key === 'string' ? entries.get(key) : undefined)
  return new Proxy(Object.create(null), {
    get: (_, key) => entryOf(key),
    has: (_, key) => entryOf(key) !== undefined,
    ownKeys: () => entries.keys(),
    getOwnPropertyDescriptor(_, key) {
      const value = entryOf(key)
      return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true }
    },
  })
}

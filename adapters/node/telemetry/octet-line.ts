import type { RecurringValue } from '../../../src/telemetry/access-log/fields.ts'
import { memberText } from '../../../src/telemetry/access-log/json-format.ts'
import type { LoggedExchange } from '../../../src/telemetry/access-log/logged-exchange.ts'
import { LONGEST_RECURRING, recurring } from '../../../src/telemetry/recurring.ts'
import { copy, type OctetSink } from './octets.ts'

/** Octets of a member: a line with a longer one is no ordinary one. */
export const LONGEST_MEMBER = 512

/** Shapes that are remembered; clients choose some of what they are made of, so that it begins anew then. */
const MOST_SHAPES = 256

/** Puts what a line has of its own where the sink stands; false: the line is no ordinary one. */
export type Put = (exchange: LoggedExchange) => boolean

/** What few lines differ in: octets that are always the same, or a member of a text that recurs. */
type Piece = Uint8Array | { readonly from: MembersOfText; readonly place: number }

/**
 * What a line is put of: runs of octets in which few lines differ, and between them what each has of its own. Lines that
 * agree in all texts that recur are of one shape, whose runs are made once and copied whole.
 */
export class OctetLine {
  readonly #sink: OctetSink
  readonly #sources = new Map<RecurringValue['source'], MembersOfText>()
  readonly #members: MembersOfText[] = []
  /** One more than there are puts: each stands before the put of its place. */
  readonly #runs: Piece[][] = [[]]
  readonly #puts: Put[] = []
  /** By the numbers of what was found, mixed; null: seen once. */
  readonly #shapes = new Map<number, Shape | null>()
  /** That of the line before; null: it is not remembered. */
  #shape: Shape | null = null

  constructor(sink: OctetSink) {
    this.#sink = sink
  }

  /** Octets at most. */
  get longest(): number {
    return (this.#runs.flat().length + this.#puts.length) * LONGEST_MEMBER
  }

  addOctets(octets: Uint8Array): void {
    this.#runs.at(-1)!.push(octets)
  }

  addRecurring(name: string, { source, of }: RecurringValue): void {
    let from = this.#sources.get(source)
    if (from === undefined) {
      from = new MembersOfText(source)
      this.#sources.set(source, from)
      this.#members.push(from)
    }
    this.#runs.at(-1)!.push({ from, place: from.add(name, of) })
  }

  addPut(put: Put): void {
    this.#puts.push(put)
    this.#runs.push([])
  }

  /** Finds, or makes, what recurs in the line of an exchange. False: it is no ordinary one. */
  find(exchange: LoggedExchange): boolean {
    const members = this.#members
    let isOther = false
    let isOrdinary = true
    for (let i = 0; i < members.length; i++) {
      const from = members[i]!
      if (from.finds(exchange)) continue
      isOther = true
      isOrdinary = from.find(exchange) && isOrdinary
    }
    if (isOther || this.#shape === null) this.#shape = isOrdinary ? this.#remembered() : null
    return isOrdinary
  }

  /** Puts the line of the exchange that was found. False: it is no ordinary one. */
  put(exchange: LoggedExchange): boolean {
    const puts = this.#puts
    const runs = this.#shape?.runs
    for (let i = 0; i < puts.length; i++) {
      if (runs === undefined) this.#putPieces(i)
      else copy(runs[i]!, this.#sink)
      if (!puts[i]!(exchange)) return false
    }
    this.#putPieces(puts.length)
    return true
  }

  #putPieces(run: number): void {
    for (const piece of this.#runs[run]!) copy(octetsOf(piece), this.#sink)
  }

  /** The shape of what was found; null: it was never seen before, and may never be again. */
  #remembered(): Shape | null {
    const shapes = this.#shapes
    let mixed = 0
    for (const { found } of this.#members) mixed = (Math.imul(mixed, 31) + found.number) | 0
    const shape = shapes.get(mixed)
    if (shape === undefined) {
      if (shapes.size === MOST_SHAPES) shapes.clear()
      shapes.set(mixed, null)
      return null
    }
    if (shape !== null && this.#members.every(({ found }, i) => found === shape.found[i])) return shape
    const made = {
      found: this.#members.map(({ found }) => found),
      runs: this.#runs.map((pieces) => Buffer.concat(pieces.map(octetsOf))),
    }
    shapes.set(mixed, made)
    return made
  }
}

/** Lines that agree in all that was found. */
interface Shape {
  readonly found: readonly Found[]
  readonly runs: readonly Uint8Array[]
}

const octetsOf = (piece: Piece): Uint8Array =>
  piece instanceof Uint8Array ? piece : piece.from.found.octets[piece.place]!

const encoder = new TextEncoder()

const NOTHING = new Uint8Array()

/** Members that follow from the same text; of no text they are empty. */
interface Found {
  /** Which of those that were made it is. */
  readonly number: number
  readonly text: string | undefined
  readonly octets: readonly Uint8Array[]
  readonly isOrdinary: boolean
}

class MembersOfText {
  found: Found
  #none: Found
  #made = 0
  readonly #textOf: RecurringValue['source']
  readonly #members: (readonly [name: string, of: RecurringValue['of']])[] = []
  readonly #foundOf = recurring((text) => this.#make(text))

  constructor(textOf: RecurringValue['source']) {
    this.#textOf = textOf
    this.#none = this.#make(undefined)
    this.found = this.#none
  }

  /** @returns its place */
  add(name: string, of: RecurringValue['of']): number {
    const place = this.#members.push([name, of]) - 1
    this.#none = this.#make(undefined)
    this.found = this.#none
    return place
  }

  /** Whether what was found for the exchange before is that of this one, and ordinary. */
  finds(exchange: LoggedExchange): boolean {
    const { text, isOrdinary } = this.found
    return this.#textOf(exchange) === text && isOrdinary
  }

  /** False: one is too long. */
  find(exchange: LoggedExchange): boolean {
    const text = this.#textOf(exchange)
    // It would be made each time, and kept with the head of its message.
    if (text !== undefined && text.length > LONGEST_RECURRING) return false
    this.found = text === undefined ? this.#none : this.#foundOf(text)
    return this.found.isOrdinary
  }

  #make(text: string | undefined): Found {
    const octets = this.#members.map(([name, of]) => {
      const value = text === undefined ? undefined : of(text)
      return value === undefined ? NOTHING : encoder.encode(memberText(name, value))
    })
    return { number: this.#made++, text, octets, isOrdinary: octets.every(({ length }) => length <= LONGEST_MEMBER) }
  }
}

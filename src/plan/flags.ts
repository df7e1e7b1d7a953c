import { openLine, type Reader, SignedValueError, type Signer, signLine } from './signed-line.ts'

/** What is switched by hand, as it stands in KV: a signed line of its own (`signed-line.ts`). */
const FORMAT = 'signalbox-flags/1'

/** Characters of the line. */
const LIMIT = 1024 * 1024

/** By how much the clock of whoever signs may be ahead, in ms. */
const CLOCKS_APART_MS = 5 * 60_000

/** The whole of what is switched; whoever switches something writes it anew. */
export interface Flags<State> {
  readonly audience: string
  /** When it was signed, in milliseconds since 1970: readers refuse what is older than what they have. */
  readonly time: number
  readonly state: State
}

/**
 * The value for KV.
 * @throws SignedValueError for more than a reader takes
 */
export async function signFlags<State>(flags: Flags<State>, signer: Signer): Promise<string> {
  const line = await signLine(FORMAT, flags, signer)
  if (line.length > LIMIT) throw new SignedValueError('too much is switched by hand')
  return line
}

/** @throws SignedValueError */
export async function openFlags(line: string, reader: Reader): Promise<Flags<unknown>> {
  if (line.length > LIMIT) throw new SignedValueError('the value is too long')
  const { audience, time, state } = await openLine(line, FORMAT, reader)
  if (typeof time !== 'number') throw new SignedValueError('it does not say when it was signed')
  if (time > Date.now() + CLOCKS_APART_MS) throw new SignedValueError('it was signed in the future')
  return { audience, time, state }
}

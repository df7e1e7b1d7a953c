import { openLine, type Reader, SignedValueError, type Signer, signLine } from './signed-line.ts'

/** The revisions that no worker may serve any more, for ever: a signed line of its own (`signed-line.ts`). */
const FORMAT = 'signalbox-revoked/1'

/** Characters of the line. */
const LIMIT = 65_536

/** The list as it stands in KV; whoever adds to it writes the whole. */
export interface Revocations {
  readonly audience: string
  /** When it was signed, in milliseconds since 1970. */
  readonly time: number
  readonly revisions: readonly number[]
}

/**
 * The value to publish.
 * @throws SignedValueError for more revisions than a reader takes
 */
export async function signRevocations(list: Revocations, signer: Signer): Promise<string> {
  const line = await signLine(FORMAT, list, signer)
  if (line.length > LIMIT) throw new SignedValueError('there are too many revoked revisions')
  return line
}

/** @throws SignedValueError */
export async function openRevocations(line: string, reader: Reader): Promise<Revocations> {
  if (line.length > LIMIT) throw new SignedValueError('the list is too long')
  const { audience, time, revisions } = await openLine(line, FORMAT, reader)
  if (typeof time !== 'number' || !Array.isArray(revisions) || !revisions.every(Number.isSafeInteger)) {
    throw new SignedValueError('what is signed is no list of revisions')
  }
  return { audience, time, revisions }
}

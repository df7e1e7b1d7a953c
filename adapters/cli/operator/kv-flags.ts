import { openFlags, signFlags } from '../../../src/plan/flags.ts'
import { FLAGS_KEY } from '../../../src/plan/kv-keys.ts'
import { type Reader, readerFor, SignedValueError } from '../../../src/plan/signed-line.ts'
import type { OperatorState } from '../../../src/runtime/operator.ts'
import { asOperatorState } from '../../../src/runtime/operator-state.ts'
import { EdgeError } from '../edge/edge-error.ts'
import type { KvNamespace } from '../edge/kv-namespace.ts'
import { publishingTime } from '../edge/publish.ts'
import type { Publishing } from '../edge/publishing.ts'

/** What is switched by hand, and when that was signed. */
interface StoredState extends OperatorState {
  /** Milliseconds since 1970; 0: nothing has ever been switched. */
  readonly time: number
}

/**
 * Everything that is switched by hand; it stays so over publications.
 * @param reader null: whoever has signed it is believed
 * @throws EdgeError
 */
export async function readState(kv: KvNamespace, reader: Reader | null): Promise<StoredState> {
  const value = await kv.get(FLAGS_KEY)
  if (value === null) return { time: 0, drained: [], middlewares: {} }
  const line = new TextDecoder().decode(value)
  try {
    const { time, state } = await openFlags(line, reader ?? (await readerFor(line)))
    const known = asOperatorState(state)
    if (known !== null) return { time, ...known }
    throw new SignedValueError('what is signed names neither servers nor middlewares')
  } catch (error) {
    if (!(error instanceof SignedValueError)) throw error
    const remedy = 'delete it, or give the key that signed it with --trust'
    throw new EdgeError(`the key "${FLAGS_KEY}" in ${kv.title} is not believed (${error.message}): ${remedy}`)
  }
}

/**
 * Signs the whole anew. KV knows no transactions: of two commands at the same time the later one wins.
 * @param before what it was made from
 * @param print is told when the clock here is not believed
 */
export async function writeState(
  { kv, key, reader }: Publishing,
  { drained, middlewares }: OperatorState,
  before: StoredState,
  print: (text: string) => void,
): Promise<void> {
  // Workers refuse what is not newer than what they have.
  const time = Math.max(publishingTime(kv, print), before.time + 1)
  const flags = { audience: reader.audience, time, state: { drained, middlewares } }
  try {
    await kv.put(FLAGS_KEY, await signFlags(flags, key))
  } catch (error) {
    if (!(error instanceof SignedValueError)) throw error
    throw new EdgeError(`it can't be switched: ${error.message}`)
  }
}

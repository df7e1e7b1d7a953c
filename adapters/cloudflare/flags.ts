import { openFlags } from '../../src/plan/flags.ts'
import type { Reader } from '../../src/plan/signed-line.ts'
import type { Operator, OperatorState } from '../../src/runtime/operator.ts'
import { adopt } from '../../src/runtime/operator-control.ts'
import { asOperatorState } from '../../src/runtime/operator-state.ts'

/** What operators have switched by hand, and when they said so. */
export interface ReadFlags {
  readonly time: number
  readonly state: OperatorState
}

/**
 * Reads what stands in KV: loaded where there is something.
 * @param since when what is known was signed: nothing goes back behind it
 * @throws what is wrong with it, as people read it
 */
export async function readFlags(line: string, reader: Reader, since: number): Promise<ReadFlags> {
  const flags = await openFlags(line, reader)
  if (flags.time <= since) throw new Error('it is older than what is in force')
  const state = asOperatorState(flags.state)
  if (state === null) throw new Error('what is signed names neither servers nor middlewares')
  return { time: flags.time, state }
}

/**
 * The same, put in force.
 * @returns when they were signed
 */
export async function takeFlags(line: string, reader: Reader, since: number, operator: Operator): Promise<number> {
  const { time, state } = await readFlags(line, reader, since)
  adopt(operator, state)
  return time
}

import type { Logger } from '../../src/contracts/ports.ts'
import { openFlags } from '../../src/plan/flags.ts'
import type { Reader } from '../../src/plan/signed-line.ts'
import type { Operator, OperatorState } from '../../src/runtime/operator.ts'
import { adopt } from '../../src/runtime/operator-control.ts'
import { asOperatorState } from '../../src/runtime/operator-state.ts'
import { reasonOf } from './limits.ts'

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
 * The same, put in force; what is wrong with it is in the log.
 * @returns when those in force were signed
 */
export async function takeFlags(
  line: string,
  reader: () => Promise<Reader>,
  since: number,
  operator: Operator,
  log: Logger,
): Promise<number> {
  try {
    const { time, state } = await readFlags(line, await reader(), since)
    adopt(operator, state)
    return time
  } catch (error) {
    log.log('error', 'Flags not taken over', { cause: reasonOf(error) })
    return since
  }
}

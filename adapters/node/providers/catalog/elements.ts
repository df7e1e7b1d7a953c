import { ForeignAnswer } from '../../../../src/compiler/discovery/answer.ts'
import type { ApiAnswer } from '../api-client/client.ts'
import { elementsOf } from '../api-client/json-array.ts'

/** The elements of an answer that is a list; a long one holds nobody up. @throws ForeignAnswer for anything else */
export async function elementsOfAnswer({ bytes }: ApiAnswer): Promise<unknown[]> {
  try {
    return await elementsOf(bytes)
  } catch (cause) {
    throw new ForeignAnswer(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

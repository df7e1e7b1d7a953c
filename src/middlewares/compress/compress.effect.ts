import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import { chooseCoding } from './accept-encoding.ts'
import type { CompressConfig } from './compress.ts'

/** Whether an answer is worth it shows when there is one. */
export const compressEffect: TellEffect<CompressConfig> = ({ encodings, defaultEncoding, minBytes }, request) => {
  const lines = request.headers.getAll('accept-encoding')
  const [first = null] = encodings
  const coding =
    lines.length === 0 || first === null ? defaultEncoding : chooseCoding(lines, encodings, defaultEncoding ?? first)
  return goesOn(
    coding === null
      ? 'leaves the answer as it is: the client takes no encoding that is offered'
      : `compresses the answer with ${coding} if it has at least ${minBytes} bytes and a type for it`,
  )
}

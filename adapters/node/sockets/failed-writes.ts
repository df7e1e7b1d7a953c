import type { Duplex, Writable } from 'node:stream'

type Written = (error?: Error | null) => void

/**
 * Lets a stream be read to its end although a write to it failed. By itself Node destroys it at once, with what the
 * peer had sent before it went away: often the very answer that says why it did not want more. After a failure nothing
 * is sent any more, writes succeed without effect, and the stream ends as its reading side does. `failed` hears of it
 * once, in a turn of its own.
 */
export function readOnAfterFailedWrite(stream: Duplex, failed: (error: Error) => void): void {
  const write = stream._write
  const writev = stream._writev
  // Node hands one and the same function to every write of a stream, so that one is enough here as well.
  let told: Written | null = null
  let tells: Written = () => undefined
  const guarded = (written: Written): Written => {
    if (written === told) return tells
    told = written
    tells = (error) => {
      if (error !== null && error !== undefined) fail(error)
      written()
    }
    return tells
  }
  const fail = (error: Error): void => {
    if (stream._write === drop) return
    stream._write = drop
    stream._writev = (_chunks, written) => written()
    process.nextTick(failed, error)
  }
  stream._write = (chunk, encoding, written) => write.call(stream, chunk, encoding, guarded(written))
  if (writev !== undefined) stream._writev = (chunks, written) => writev.call(stream, chunks, guarded(written))
}

const drop: Writable['_write'] = (_chunk, _encoding, written) => written()

/**
 * Whether the peer had ended its side in good order before a write failed so. After a reset a socket may read as ended,
 * too: what is delimited by that end is not known to be complete.
 */
export const endedBefore = (failure: Error): boolean => (failure as NodeJS.ErrnoException).code === 'EPIPE'

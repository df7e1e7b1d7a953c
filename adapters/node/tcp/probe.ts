import type { Socket } from 'node:net'
import type { TcpProbe } from '../../../src/runtime/linking/tcp.ts'
import type { IdentitySource } from '../tls/spiffe/identity-source.ts'
import { ServerDial } from './dial-server.ts'

/** Connects to a server, with TLS where it has it; sends and expects what the check says in one read. @param identity who we are; null: nobody */
export const probeBy =
  (identity: IdentitySource | null): TcpProbe =>
  (target, check, signal) => {
    const asked = check.port === 0 ? target : { ...target, port: check.port }
    return new Promise((resolve) => {
      let socket: Socket | null = null
      const finish = (reason: string | null): void => {
        signal.removeEventListener('abort', onAbort)
        socket?.destroy()
        resolve(reason)
      }
      const onAbort = (): void => {
        if (socket === null) dial.cancel()
        finish('timeout')
      }
      const dial = new ServerDial(asked, null, identity, (outcome) => {
        if (outcome instanceof Error) {
          finish(`connecting to ${target.address}: ${outcome.message}`)
          return
        }
        socket = outcome
        if (signal.aborted) finish('timeout')
        else exchange(outcome, check, finish)
      })
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort)
    })
  }

function exchange(
  socket: Socket,
  check: { readonly send: string; readonly expect: string },
  finish: (reason: string | null) => void,
): void {
  let over = false
  const end = (reason: string | null): void => {
    if (over) return
    over = true
    finish(reason)
  }
  socket.on('error', (error) => end(error.message))
  socket.on('close', () => end('closed by the server'))
  const expected = Buffer.from(check.expect)
  if (check.send !== '') {
    socket.write(check.send, () => {
      if (expected.length === 0) end(null)
    })
  } else if (expected.length === 0) end(null)
  if (expected.length === 0) return
  socket.on('end', () => end('closed by the server'))
  socket.once('data', (chunk: Buffer) => {
    // One read of so many octets: more may follow, less is not enough.
    end(chunk.subarray(0, expected.length).equals(expected) ? null : 'unexpected health check response')
  })
}

// Streams of requests with all that can be wrong with their framing, through Signalbox and through Traefik. What a server
// behind ours sees must be what the one behind Traefik sees, or less: we refuse more, and never see another message in
// the same octets. Its parser is strict: what it refuses is a mistake of the proxy. The last line is `N streams, N violations`.
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { optionsOf, runLanes } from './differential/framing/lanes.mjs'
import { startRecorder } from './differential/framing/recorder.mjs'
import { stream } from './differential/framing/streams.mjs'

/** A connection that says nothing for so long says nothing more. */
const SILENCE_MS = 250
const LONGEST_MS = 5_000

await runLanes(optionsOf('framing', 'connections'), 'streams', startRecorder, async ({ random, ports, server }) => {
  const pieces = stream(random)
  const theirs = await exchange(ports.theirs, pieces, server)
  const own = await exchange(ports.own, pieces, server)
  return {
    sent: pieces.join(''),
    theirs,
    own,
    flaw: flawOf(theirs, own),
    isRefused: own.seen.length < theirs.seen.length,
  }
})

/** What is wrong with what ours let through; null: nothing. */
function flawOf(theirs, own) {
  if (own.malformed > theirs.malformed) return 'the server was sent what it refuses'
  // Where Traefik fails at its own bounds there is nothing to compare.
  if (theirs.statuses.some((status) => status >= 500)) return null
  if (own.seen.length > theirs.seen.length) return 'Signalbox sends on what Traefik does not'
  const other = own.seen.findIndex((message, at) => JSON.stringify(message) !== JSON.stringify(theirs.seen[at]))
  if (other !== -1) return `message ${other} is another one`
  return own.seen.length < theirs.seen.length && !own.isClosed ? 'it waits for more than was sent' : null
}

/** Sends the pieces, and gives what the server has seen and the statuses that came back. */
async function exchange(port, pieces, server) {
  const { isClosed, text } = await new Promise((resolve) => {
    const got = []
    let isClosed = false
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const finish = () => {
      clearTimeout(silence)
      clearTimeout(longest)
      socket.destroy()
      resolve({ isClosed, text: Buffer.concat(got).toString('latin1') })
    }
    let silence
    const longest = setTimeout(finish, LONGEST_MS)
    const quiet = () => {
      clearTimeout(silence)
      silence = setTimeout(finish, SILENCE_MS)
    }
    socket.on('data', (piece) => {
      got.push(piece)
      quiet()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      isClosed = true
      finish()
    })
    socket.on('connect', async () => {
      for (const piece of pieces) {
        if (socket.destroyed) break
        socket.write(piece, 'latin1')
        await new Promise(setImmediate)
      }
      quiet()
    })
  })
  // The last message may be on its way to the server.
  await sleep(10)
  const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status))
  return { ...server.take(), statuses, isClosed }
}

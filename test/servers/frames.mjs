// Connections of HTTP/2 with all that can be wrong with the fields of requests, through Signalbox and through Traefik. What a
// server behind ours sees must be what the one behind Traefik sees, or less; in any order, as streams have none. The last
// line is `N connections, N violations`.
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { frame, PREFACE, SETTINGS } from '../node/http2/frames.ts'
import { connectionFrames } from './differential/framing/frames.mjs'
import { optionsOf, runLanes } from './differential/framing/lanes.mjs'
import { startRecorder } from './differential/framing/recorder.mjs'

/** A connection that says nothing for so long says nothing more. */
const SILENCE_MS = 150
const LONGEST_MS = 5_000

await runLanes(optionsOf('frames', 'connections'), 'connections', startRecorder, async ({ random, ports, server }) => {
  const frames = connectionFrames(random)
  const theirs = await exchange(ports.theirs, frames, server)
  const own = await exchange(ports.own, frames, server)
  const sent = frames.map((one) => one.toString('latin1'))
  return { sent, theirs, own, flaw: flawOf(theirs, own), isRefused: own.seen.length < theirs.seen.length }
})

/** What is wrong with what ours let through; null: nothing. */
function flawOf(theirs, own) {
  if (own.malformed > theirs.malformed) return 'the server was sent what it refuses'
  const left = theirs.seen.map((message) => JSON.stringify(message))
  for (const message of own.seen.map((one) => JSON.stringify(one))) {
    const at = left.indexOf(message)
    if (at === -1) return `Signalbox sends on what Traefik does not: ${message}`
    left.splice(at, 1)
  }
  return null
}

/** Sends the frames, and gives what the server has seen and the frames that came back, by type. */
async function exchange(port, frames, server) {
  const types = await new Promise((resolve) => {
    let rest = Buffer.alloc(0)
    const came = []
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const finish = () => {
      clearTimeout(silence)
      clearTimeout(longest)
      socket.destroy()
      resolve(came.join(' '))
    }
    let silence
    const longest = setTimeout(finish, LONGEST_MS)
    const quiet = () => {
      clearTimeout(silence)
      silence = setTimeout(finish, SILENCE_MS)
    }
    socket.on('data', (piece) => {
      rest = Buffer.concat([rest, piece])
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        came.push(`${rest[3]}/${rest.readUInt32BE(5)}`)
        rest = rest.subarray(9 + rest.readUIntBE(0, 3))
      }
      quiet()
    })
    socket.on('error', () => undefined)
    socket.on('close', finish)
    socket.on('connect', () => {
      socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0), ...frames]))
      quiet()
    })
  })
  await sleep(10)
  return { ...server.take(), types }
}

// Streams of requests with all that can be wrong with their framing, through Signalbox and through Traefik. What a server
// behind ours sees must be what the one behind Traefik sees, or less: we refuse more, and never see another message in
// the same octets. Its parser is strict: what it refuses is a mistake of the proxy. The last line is `N streams, N violations`.
import http from 'node:http'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { optionsOf, runLanes } from './differential/framing/lanes.mjs'
import { stream } from './differential/framing/streams.mjs'

/** A connection that says nothing for so long says nothing more. */
const SILENCE_MS = 250
const LONGEST_MS = 5_000
/** Fields that proxies set or may write in their own way. */
const OF_PROXIES =
  /^(?:x-forwarded-|x-real-ip|content[-_]length|transfer-encoding|connection|accept-encoding|te$|trailer$|user-agent)/

await runLanes(optionsOf('framing', 'connections'), 'streams', startServer, async ({ random, ports, server }) => {
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

async function startServer() {
  let seen = []
  let malformed = 0
  const server = http.createServer({ joinDuplicateHeaders: false }, async (request, response) => {
    const pieces = []
    try {
      for await (const piece of request) pieces.push(piece)
    } catch {
      // The proxy has given it up in the middle: it was no whole message.
      return
    }
    const { method, url, rawHeaders } = request
    const fields = []
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i].toLowerCase()
      if (!OF_PROXIES.test(name)) fields.push(`${name}: ${rawHeaders[i + 1]}`)
    }
    seen.push([method, url, fields.sort(), Buffer.concat(pieces).toString('latin1')])
    response.end('fine')
  })
  server.on('clientError', (error, socket) => {
    if (error.code?.startsWith('HPE_') && error.code !== 'HPE_INVALID_EOF_STATE') malformed++
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    take() {
      const taken = { seen, malformed }
      seen = []
      malformed = 0
      return taken
    },
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

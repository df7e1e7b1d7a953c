import http from 'node:http'

/** Fields that proxies set or may write in their own way. */
const OF_PROXIES =
  /^(?:x-forwarded-|x-real-ip|content[-_]length|transfer-encoding|connection|accept-encoding|te$|trailer$|user-agent)/

/** A server whose parser is strict. It tells what it has seen, and how often it was sent what it refuses. */
export async function startRecorder() {
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

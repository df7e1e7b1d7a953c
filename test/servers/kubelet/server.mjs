// A server of a Pod. Told to end, it goes on for a second, as servers do that end well: who still sends it something new
// then fails.
import http from 'node:http'

const LAST_MS = 1_000

const server = http.createServer((_, response) => response.end(`${process.env.POD_NAME}\n`)).listen(8080)
process.once('SIGTERM', () => {
  setTimeout(() => {
    server.close()
    server.closeAllConnections()
  }, LAST_MS)
})

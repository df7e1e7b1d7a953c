// A server of a Pod. Told to end, it goes on for a second, as servers do that end well: who still sends it something new
// then fails. Its argument is the port, 8080 by default.
import http from 'node:http'

const LAST_MS = 1_000

const server = http
  .createServer((_, response) => response.end(`${process.env.HOSTNAME}\n`))
  .listen(Number(process.argv[2] ?? 8080))
process.once('SIGTERM', () => {
  setTimeout(() => {
    server.close()
    server.closeAllConnections()
  }, LAST_MS)
})

import type { Server } from 'node:http'

/** Ends a server of a test with all of its connections. */
export const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.closeAllConnections()
    server.close(() => done())
  })

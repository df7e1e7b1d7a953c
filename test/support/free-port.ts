import { randomInt } from 'node:crypto'
import net from 'node:net'

/** Below the ports that connections and listeners on port 0 get: nobody else is given one of these in between. */
const [FIRST, LAST] = [15_000, 32_000]
const TRIES = 100

/** A port of loopback, for TCP and UDP, that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let left = TRIES; left > 0; left--) {
    const port = randomInt(FIRST, LAST)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port found between ${FIRST} and ${LAST}`)
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

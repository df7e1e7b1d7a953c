import net from 'node:net'

/** Below the ports that connections and listeners on port 0 get: nobody else is given one of these in between. */
const [FIRST, LAST] = [15_000, 32_000]
const TRIES = 1_000
/** A prime: processes that begin one after the other begin far from each other. */
const APART = 997

/** Each process goes up from a place of its own, so that two of them do not find the same port free at one time. */
let next = (process.pid * APART) % (LAST - FIRST)

/** A port of loopback that nobody listens on by TCP, and that is given to nobody else in this process for long. */
export async function freePort(): Promise<number> {
  for (let left = TRIES; left > 0; left--) {
    next = (next + 1) % (LAST - FIRST)
    const port = FIRST + next
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

import net, { type AddressInfo } from 'node:net'

export interface RawServer {
  readonly url: string
  /** What came over all connections since the last time, octet for octet, as latin1 text. */
  take(): string
  close(): Promise<void>
}

/** A server that does to each request head what `answer` says and records what it is sent. */
export async function startRawServer(answer: (socket: net.Socket, head: string) => void): Promise<RawServer> {
  let received = ''
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let waiting = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {
      // Proxies under attack break off.
    })
    socket.on('end', () => socket.end())
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      received += text
      waiting += text
      const end = waiting.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = waiting.slice(0, end)
      waiting = ''
      answer(socket, head)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const text = received
      received = ''
      return text
    },
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => closed())
      }),
  }
}

/** Sends octets and gives everything that comes back until the other side ends; latin1 both ways. */
export function talk(port: number, octets: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('end', () => socket.destroy())
    socket.on('error', () => {
      // What came before it counts.
    })
    socket.on('close', () => resolve(text))
    socket.on('connect', () => socket.write(Buffer.from(octets, 'latin1')))
  })
}

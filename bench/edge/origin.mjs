// A server that answers every request alike, on one thread of its own: reads heads, writes one prepared answer.
import net from 'node:net'

const body = Buffer.alloc(1024, 120)
const answer = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`),
  body,
])

const server = net.createServer((socket) => {
  let rest = ''
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    const heads = (rest + chunk.toString('latin1')).split('\r\n\r\n')
    rest = heads.pop()
    for (let i = 0; i < heads.length; i++) socket.write(answer)
  })
})
server.listen(0, '127.0.0.1', () => console.log(/** @type {net.AddressInfo} */ (server.address()).port))

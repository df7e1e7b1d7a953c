// Keep-alive load on one address: a few connections, one request at a time on each. No answer is parsed further than
// its length.
import net from 'node:net'

const HEAD = [
  'GET /app/items?page=2 HTTP/1.1',
  'Host: app50.example.test',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Cookie: session=0123456789abcdef; theme=dark',
  'Referer: https://app50.example.test/app',
  'CF-Connecting-IP: 203.0.113.7',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Cache-Control: max-age=0',
]
const REQUEST = Buffer.from(`${HEAD.join('\r\n')}\r\n\r\n`)

/** Sends `count` requests in all; rejects when one of them is not answered by 200. */
export async function load(port, count, connections = 8) {
  let left = count
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host: '127.0.0.1', port, noDelay: true })
      let need = -1
      let got = ''
      let size = 0
      const next = () => {
        if (left-- > 0) socket.write(REQUEST)
        else {
          socket.destroy()
          resolve(null)
        }
      }
      socket.on('connect', next)
      socket.on('error', reject)
      socket.on('close', resolve)
      socket.on('data', (chunk) => {
        if (need === -1) {
          got += chunk.toString('latin1')
          const end = got.indexOf('\r\n\r\n')
          if (end === -1) return
          const length = /\r\ncontent-length: (\d+)/i.exec(got)
          if (!got.startsWith('HTTP/1.1 200') || length === null) return reject(new Error(got.slice(0, 200)))
          need = end + 4 + Number(length[1])
          size = got.length
        } else size += chunk.length
        if (size < need) return
        need = -1
        got = ''
        next()
      })
    })
  await Promise.all(Array.from({ length: connections }, one))
}

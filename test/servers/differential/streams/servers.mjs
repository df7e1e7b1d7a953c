// Servers of TCP that take whatever a proxy may send first, say what they have seen, and do what the client's line says.
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'

const V2 = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex')

/** What a client's line may ask for. */
export const DEEDS = ['answer', 'answer', 'answer', 'keep', 'late', 'reset', 'half', 'big', 'quiet', 'drop']

/**
 * @param {string} name what it calls itself
 * @param {{ credentials: { cert: string, key: string }, greets?: boolean, postgres?: string,
 *   tls?: import('node:tls').TlsOptions }} options `postgres`: what it says to an SSLRequest
 * @returns its port, and what connections came to, by the token of their line
 */
export async function startServer(name, { credentials, greets = false, postgres = 'S', tls: tlsOptions = {} }) {
  const ends = new Map()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    if (greets) socket.write(`${name} greets\n`)
    begin(socket, [])
  })

  /** Takes what comes before anything else: a PROXY header, an SSLRequest, TLS. */
  const begin = (socket, seen) => {
    let octets = Buffer.alloc(0)
    const more = (piece) => {
      octets = Buffer.concat([octets, piece])
      const proxy = proxyHeader(octets)
      if (proxy === 'more') return
      if (proxy !== null) {
        seen.push(proxy.text)
        octets = octets.subarray(proxy.length)
      }
      if (octets.length === 0) return
      if (octets.subarray(0, 8).equals(SSL_REQUEST.subarray(0, octets.length)) && octets[0] === 0) {
        if (octets.length < 8) return
        seen.push('postgres')
        socket.write(postgres)
        octets = octets.subarray(8)
        if (octets.length === 0) return
      }
      socket.removeListener('data', more)
      socket.pause()
      socket.unshift(octets)
      if (octets[0] === 0x16) secure(socket, seen)
      else converse(socket, seen)
    }
    socket.on('data', more)
  }

  const secure = (socket, seen) => {
    const context = { key: credentials.key, cert: credentials.cert, ALPNProtocols: ['h2', 'http/1.1', 'foo'] }
    const secured = new tls.TLSSocket(socket, { isServer: true, allowHalfOpen: true, ...context, ...tlsOptions })
    secured.on('error', () => socket.destroy())
    secured.once('secure', () => {
      if (tlsOptions.rejectUnauthorized === true && secured.ssl.verifyError() !== null) {
        secured.destroy()
        return
      }
      const peer = secured.getPeerCertificate()?.subject?.CN ?? 'nobody'
      const sni = secured.ssl.getServername() || '-'
      seen.push(`tls ${sni} ${secured.alpnProtocol} ${secured.getProtocol()} ${peer}`)
      converse(secured, seen)
    })
  }

  const converse = (socket, seen) => {
    let text = ''
    let isOn = false
    const end = { count: 0, how: 'open' }
    socket.on('data', (piece) => {
      end.count += piece.length
      if (isOn) return
      text += piece.toString('latin1')
      const line = /(\w+) (t\d+)\r?\n/.exec(text)
      if (line === null && !text.endsWith('\n')) return
      isOn = true
      const [deed, token] = line?.slice(1) ?? ['answer', 'none']
      ends.set(token, end)
      void act(socket, deed, `${name} ${[...seen, line === null ? text : deed].join(' | ')}\n`)
    })
    socket.on('end', () => {
      end.how = end.how === 'open' ? 'end' : end.how
    })
    socket.on('error', () => (end.how = 'reset'))
    socket.resume()
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    ends,
    stop: () => server.close(),
  }
}

async function act(socket, deed, told) {
  const bye = () => {
    if (!socket.destroyed) socket.end('bye\n')
  }
  switch (deed) {
    case 'keep':
      socket.write(told)
      socket.once('end', bye)
      return
    case 'late':
      socket.once('end', () => setTimeout(() => socket.end(told), 20))
      return
    case 'reset':
      socket.write(told)
      await sleep(30)
      ;(socket._parent ?? socket).resetAndDestroy?.()
      return
    case 'drop':
      ;(socket._parent ?? socket).resetAndDestroy?.()
      return
    case 'half':
      socket.end(told)
      return
    case 'big':
      socket.write(told)
      socket.end('x'.repeat(300_000))
      return
    case 'quiet':
      return
    default:
      socket.end(told)
  }
}

/** @returns `more`, or null where there is none */
function proxyHeader(octets) {
  if (octets.subarray(0, 6).toString('latin1') === 'PROXY ') {
    const end = octets.indexOf('\r\n')
    return end === -1 ? 'more' : { length: end + 2, text: octets.subarray(0, end).toString('latin1') }
  }
  if (!octets.subarray(0, 12).equals(V2.subarray(0, octets.length))) return null
  if (octets.length < 16) return 'more'
  const length = 16 + octets.readUInt16BE(14)
  if (octets.length < length) return 'more'
  const rest = octets.subarray(16, length)
  const size = octets[13] >> 4 === 1 ? 4 : 16
  const addresses =
    size === 4 && rest.length >= 12
      ? `${[...rest.subarray(0, 4)].join('.')} ${[...rest.subarray(4, 8)].join('.')}`
      : rest.subarray(0, 2 * size).toString('hex')
  const ports = rest.length >= 2 * size + 4 ? `${rest.readUInt16BE(2 * size)} ${rest.readUInt16BE(2 * size + 2)}` : '-'
  const tail = rest.subarray(2 * size + 4).toString('hex')
  return { length, text: `V2 ${octets.subarray(12, 14).toString('hex')} ${addresses} ${ports} ${tail}` }
}

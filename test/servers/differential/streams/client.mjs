// A client of TCP that sends first octets as it likes, with TLS or not, and tells what came back.
import net from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'

const SSL_REQUEST = '\x00\x00\x00\x08\x04\xd2\x16\x2f'

/**
 * @param {number} port
 * @param {{ prefix?: string, postgres?: string, tls?: object | null, cut?: { record: number, piece: number } | null,
 *   words: string, ending: 'none' | 'end' | 'reset' | 'more', waitsMs?: number, limitMs?: number }} asked
 *   `prefix`, `words`: octets as latin1; `postgres`: what is sent before TLS, to which an answer is waited for;
 *   `cut`: how the ClientHello comes in; `ending`: what the client does after `waitsMs`
 * @returns what it got, whether the connection is over
 */
export async function converse(port, asked) {
  const { prefix = '', postgres = '', cut = null, words, ending, waitsMs = 60, limitMs = 900 } = asked
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const got = { greeting: '', text: '', how: 'open' }
  socket.on('error', (error) => {
    if (got.how === 'open') got.how = error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : error.code
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const timer = setTimeout(() => socket.destroy(), limitMs)
  let localPort = 0
  socket.once('connect', () => {
    localPort = socket.localPort
  })
  await once(socket, 'connect')
  if (prefix !== '') socket.write(prefix, 'latin1')
  let stream = socket
  if (postgres !== '') {
    const answer = await ask(socket, postgres)
    got.greeting += `${JSON.stringify(answer)} `
    if (answer === null) {
      got.how = 'end'
      socket.destroy()
    }
  }
  if (asked.tls && !socket.destroyed) stream = await secure(socket, asked.tls, cut, got)
  stream.on('data', (piece) => (got.text += piece.toString('latin1')))
  stream.on('end', () => {
    if (got.how === 'open') got.how = 'end'
    if (ending !== 'more') socket.end()
  })
  stream.resume()
  if (!socket.destroyed && words !== '') stream.write(words, 'latin1')
  if (ending !== 'none' && got.how === 'open') {
    await Promise.race([sleep(waitsMs), closed])
    if (ending === 'reset') socket.resetAndDestroy()
    else if (ending === 'more') await trickle(stream, got)
    else stream.end()
  }
  await closed
  clearTimeout(timer)
  const named = (number) => new RegExp(`\\b${number}\\b`, 'g')
  got.text = summary(got.text.replace(named(localPort), 'OWN').replace(named(port), 'PORT'))
  return got
}

/** Goes on talking for a while. */
async function trickle(stream, got) {
  for (let i = 0; i < 6 && got.how !== 'reset' && stream.writable; i++) {
    stream.write('more\n')
    await sleep(15)
  }
  stream.end()
}

const once = (socket, event) =>
  new Promise((resolve) => {
    socket.once(event, resolve)
    socket.once('close', resolve)
  })

function ask(socket, octets) {
  return new Promise((resolve) => {
    const done = (piece) => {
      socket.removeListener('data', data)
      socket.removeListener('end', none)
      socket.removeListener('close', none)
      socket.pause()
      resolve(piece)
    }
    const data = (piece) => done(piece.toString('latin1'))
    const none = () => done(null)
    socket.on('data', data)
    socket.on('end', none)
    socket.on('close', none)
    socket.write(octets === 'postgres' ? SSL_REQUEST : octets, 'latin1')
  })
}

async function secure(socket, options, cut, got) {
  const beneath = cut === null ? socket : new Cut(socket, cut)
  const stream = tls.connect({ socket: beneath, rejectUnauthorized: false, ...options })
  stream.on('error', (error) => {
    got.how = kindOf(error)
    socket.destroy()
  })
  const isSecure = await new Promise((resolve) => {
    stream.once('secureConnect', () => resolve(true))
    stream.once('close', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
  if (isSecure) {
    const { subject } = stream.getPeerCertificate()
    const name = /TRAEFIK|Signalbox/i.test(subject?.CN ?? '') ? 'default' : subject?.CN
    got.greeting += `${name ?? 'nobody'} ${stream.alpnProtocol} ${stream.getProtocol()}`
  }
  stream.once('close', () => socket.destroy())
  return stream
}

/** Alerts of the other side by their names; the rest by its code. */
export const kindOf = ({ code = '', message }) =>
  /ALERT/.test(code)
    ? code.replace(/^ERR_SSL_(?:TLSV1_|SSLV3_|TLSV13_)?/, '')
    : code === 'EPIPE'
      ? 'ECONNRESET'
      : code || message

const summary = (text) =>
  text.length > 3000 ? `${text.slice(0, 300)}… ${text.length}` : text.replace(/^date: .*\r\n/im, '')

/** Cuts the first message into records and pieces. */
class Cut extends Duplex {
  #socket
  #cut
  #isFirst = true

  constructor(socket, cut) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#cut = cut
    socket.on('data', (piece) => {
      if (!this.push(piece)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('close', () => this.destroy())
  }

  _read() {
    this.#socket.resume()
  }

  _write(piece, _encoding, done) {
    if (!this.#isFirst) {
      this.#socket.write(piece, () => done())
      return
    }
    this.#isFirst = false
    void this.#pieces(recorded(piece, this.#cut.record)).then(() => done())
  }

  async #pieces(octets) {
    const size = Math.max(this.#cut.piece, Math.ceil(octets.length / 20))
    for (let at = 0; at < octets.length && this.#socket.writable; at += size) {
      this.#socket.write(octets.subarray(at, at + size))
      await sleep(2)
    }
  }

  _final(done) {
    this.#socket.end()
    done()
  }

  _destroy(error, done) {
    this.#socket.destroy()
    done(error)
  }
}

/** One record as several. */
function recorded(octets, size) {
  const length = octets.readUInt16BE(3)
  const pieces = []
  for (let at = 5; at < 5 + length; at += size) {
    const part = octets.subarray(at, Math.min(at + size, 5 + length))
    pieces.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part)
  }
  return Buffer.concat([...pieces, octets.subarray(5 + length)])
}

// Answers of servers with all that can be wrong with their framing, through Signalbox and through Traefik. A client gets what
// it gets from Traefik, or hears that the server failed; and the next one, who asks the same server, gets its own answer
// whatever was left on the connection. The last line is `N answers, N violations`.
import net from 'node:net'
import { answer } from './differential/framing/answers.mjs'
import { optionsOf, runLanes } from './differential/framing/lanes.mjs'

/** A server that says nothing more and stays is given up by clients after this. */
const LONGEST_MS = 400
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST']
/** Fields that proxies set or may write in their own way. */
const OF_PROXIES =
  /^(?:content[-_]length|transfer-encoding|connection|date|trailer|content-type|keep-alive|proxy-connection):/i

await runLanes(optionsOf('answers', 'answers'), 'answers', startServer, async ({ random, at, ports, server }) => {
  const sent = { ...answer(random), method: random.pick(METHODS) }
  const theirs = await exchange(ports.theirs, sent, server, at)
  const own = await exchange(ports.own, sent, server, at)
  return { sent, theirs, own, flaw: flawOf(theirs, own), isRefused: !isFailure(theirs.first) && isFailure(own.first) }
})

/** Whether a client hears that the server failed. */
function isFailure({ status, isWhole }) {
  return !isWhole || (status >= 500 && status < 505)
}

/** What is wrong with what ours made of it; null: nothing. */
function flawOf(theirs, own) {
  if (own.second !== `fine ${own.at}`) return 'the next answer is not that of its request'
  if (isFailure(own.first)) return null
  // Who closes as soon as it has answered may win the race against Go's client.
  if (theirs.first.status === 502) return null
  if (isFailure(theirs.first)) return 'Signalbox takes what Traefik does not'
  return JSON.stringify(own.first) === JSON.stringify(theirs.first) ? null : 'it is another answer'
}

/** Asks for the answer, and then for one that is fine, which may come on the same connection of the server. */
async function exchange(port, sent, server, at) {
  const { method } = sent
  server.next(sent, at)
  const content = method === 'POST' ? 'Content-Length: 1\r\n\r\nx' : '\r\n'
  const first = await ask(port, `${method} /first HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${content}`, method)
  const { content: second } = await ask(
    port,
    `GET /second HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`,
    'GET',
  )
  server.drop()
  return { first, second, at }
}

function ask(port, text, method) {
  return new Promise((resolve) => {
    const got = []
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const timer = setTimeout(() => socket.destroy(), LONGEST_MS)
    socket.on('data', (piece) => got.push(piece))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(read(Buffer.concat(got).toString('latin1'), method))
    })
    socket.write(text, 'latin1')
  })
}

/** What a client reads: framing is that of the proxy, and so taken at its word. */
function read(text, method) {
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return { status: 0, fields: [], content: '', isWhole: false }
    const [first, ...lines] = rest.slice(0, end).split('\r\n')
    rest = rest.slice(end + 4)
    const status = Number(first.split(' ')[1])
    if (status < 200 && status !== 101) continue
    const length = /^content-length: (\d+)$/im.exec(lines.join('\n'))?.[1]
    const isChunked = lines.some((line) => /^transfer-encoding: chunked$/i.test(line))
    const kept = lines.filter((line) => !OF_PROXIES.test(line))
    const fields = kept.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase())).sort()
    const isBare = method === 'HEAD' || status === 204 || status === 304 || status === 101
    if (isBare) return { status, fields, content: rest, isWhole: true }
    if (!isChunked)
      return { status, fields, content: rest, isWhole: length === undefined || rest.length === Number(length) }
    return { status, fields, ...dechunked(rest) }
  }
}

function dechunked(text) {
  let rest = text
  let content = ''
  for (;;) {
    const end = rest.indexOf('\r\n')
    const size = end === -1 ? Number.NaN : Number.parseInt(rest.slice(0, end), 16)
    if (Number.isNaN(size) || rest.length < end + 2 + size) return { content: content + rest, isWhole: false }
    if (size === 0) return { content, isWhole: rest.endsWith('\r\n\r\n') }
    content += rest.slice(end + 2, end + 2 + size)
    rest = rest.slice(end + 4 + size)
  }
}

/** Sends for `/first` what it was told to, as octets; all else is answered well. */
async function startServer() {
  let answerTo = { pieces: [], closes: true }
  let number = 0
  const sockets = new Set()
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let head = ''
    socket.on('data', async (piece) => {
      head += piece.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const isFirst = / \/first /.test(head.split('\r\n', 1)[0])
      head = ''
      const text = `fine ${number}`
      if (!isFirst) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
      else {
        const { pieces, closes } = answerTo
        for (const one of pieces) {
          if (socket.destroyed) return
          socket.write(one, 'latin1')
          await new Promise(setImmediate)
        }
        if (closes) socket.end()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    next(sent, at) {
      answerTo = sent
      number = at
    },
    drop() {
      for (const socket of sockets) socket.destroy()
    },
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

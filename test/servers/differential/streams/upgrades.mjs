// Random changes of protocol: heads of both sides, what follows them at once, and how both ends end.
import http2 from 'node:http2'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

const HEADS = {
  good: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: PROTOCOL\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
  lower: 'HTTP/1.1 101 switching\r\nupgrade: PROTOCOL\r\nconnection: upgrade\r\n\r\n',
  extension:
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: PROTOCOL\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15\r\nSec-WebSocket-Protocol: chat\r\nX-Own: 1\r\nSet-Cookie: a=b\r\n\r\n',
  several: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: PROTOCOL\r\nConnection: keep-alive, Upgrade\r\n\r\n',
  other: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n',
  nameless: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n',
  unnamed: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: PROTOCOL\r\n\r\n',
  length: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: PROTOCOL\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
  early:
    'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: PROTOCOL\r\nConnection: Upgrade\r\n\r\n',
  refused:
    'HTTP/1.1 426 Upgrade Required\r\nUpgrade: PROTOCOL\r\nConnection: Upgrade\r\nContent-Length: 7\r\n\r\nrefused',
  refusedChunked: 'HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nrefused\r\n0\r\n\r\n',
  forbidden: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno',
  ignored: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine',
  empty: 'HTTP/1.1 204 No Content\r\n\r\n',
}

const REQUESTS = [
  ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${KEY}`, 'Sec-WebSocket-Version: 13'],
  [
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: chat, other',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  ],
  [
    'upgrade: WebSocket',
    'connection: keep-alive, upgrade',
    `sec-websocket-key: ${KEY}`,
    'sec-websocket-version: 13',
    'Origin: http://o.test',
  ],
  ['Upgrade: websocket', 'Connection: Upgrade'],
  ['Upgrade: websocket', 'Connection: Upgrade, X-K', 'X-K: v', `Sec-WebSocket-Key: ${KEY}`],
  ['Upgrade: foo', 'Connection: Upgrade'],
  ['Upgrade: foo/2, bar', 'Connection: Upgrade'],
  ['Upgrade: tcp', 'Connection: Upgrade', 'Content-Length: 0'],
  ['Upgrade: websocket'],
  ['Connection: Upgrade'],
  ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
  ['Upgrade: foo', 'Connection: Upgrade', 'X-Forwarded-For: 1.2.3.4', 'Cookie: a=b'],
]

const ENDS = ['echo', 'echo', 'bye', 'half', 'reset', 'keep']

/** Starts the server; `draw` makes a configuration and what is tried with it. */
export async function startUpgrades(pki) {
  const seen = new Map()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => serve(socket, seen))
  const secure = tls.createServer({ allowHalfOpen: true, cert: pki.a.cert, key: pki.a.key }, (socket) =>
    serve(socket, seen),
  )
  for (const one of [server, secure]) await new Promise((resolve) => one.listen(0, '127.0.0.1', resolve))
  let tokens = 0

  /** @param {import('../random.mjs').Random} random */
  function draw(random) {
    const middlewares = {
      upHeaders: { headers: { customRequestHeaders: { 'X-In': '1' }, customResponseHeaders: { 'X-Out': '1' } } },
      upCompress: { compress: {} },
      upRetry: { retry: { attempts: 2 } },
    }
    const chosen = random.chance(0.4) ? [random.pick(['upHeaders', 'upCompress', 'upRetry'])] : []
    const url = random.chance(0.7)
      ? `http://127.0.0.1:${server.address().port}`
      : `https://127.0.0.1:${secure.address().port}`
    const router = { entryPoints: ['up'], rule: 'PathPrefix(`/`)', service: 'up', middlewares: chosen }
    const configuration = {
      http: {
        routers: { up: router, upSecure: { ...router, tls: {} } },
        serversTransports: { upSkip: { insecureSkipVerify: true } },
        services: {
          up: {
            loadBalancer: {
              servers: [{ url }],
              serversTransport: 'upSkip',
              passHostHeader: random.chance(0.8),
            },
          },
        },
        middlewares,
      },
    }
    return { configuration, attempts: Array.from({ length: 12 }, () => attempt(random, chosen)) }
  }

  function attempt(random, chosen) {
    if (random.chance(0.05)) return { what: { extended: true }, ask: (ports) => extendedConnect(ports.up) }
    const asked = {
      isSecure: random.chance(0.3),
      method: random.pick(['GET', 'GET', 'GET', 'POST', 'OPTIONS']),
      lines: random.pick(REQUESTS),
      head: random.pick(Object.keys(HEADS)),
      ends: random.pick(ENDS),
      early: random.chance(0.3) ? 'early of the server;' : '',
      first: random.chance(0.3) ? 'first of the client;' : '',
      words: random.pick(['hello', 'x'.repeat(100_000), '']),
      ending: random.pick(['end', 'end', 'none', 'reset']),
    }
    return {
      what: { ...asked, words: asked.words.slice(0, 5), chosen },
      async ask(ports) {
        const token = `t${tokens++}`
        const got = await converse(ports.up, asked, token)
        const told = seen.get(token) ?? null
        for (let left = 15; told?.how === 'open' && left > 0; left--) await sleep(20)
        // Connections that change nothing may be kept.
        const isChanged = got.head.some((line) => line.startsWith('HTTP/1.1 101'))
        return {
          ...got,
          server:
            told === null
              ? null
              : isChanged
                ? { ...told, content: ['half', 'reset'].includes(asked.ends) ? 0 : told.content }
                : told.lines,
        }
      },
    }
  }

  const stop = () => {
    for (const one of [server, secure]) one.close()
  }
  return { entryPoints: ['up'], flags: [], draw, stop }
}

function serve(socket, seen) {
  let text = ''
  let told = null
  let ends = ''
  socket.on('error', () => {
    if (told !== null) told.how = 'reset'
  })
  socket.on('end', () => {
    if (told?.how === 'open') told.how = 'end'
    if (ends !== 'keep') socket.end(ends === 'bye' ? 'bye' : '')
    else setTimeout(() => socket.end('late'), 30)
  })
  socket.on('data', (piece) => {
    const now = piece.toString('latin1')
    if (told !== null) {
      told.content += now.length
      if (ends === 'echo') socket.write(now)
      else if (ends === 'half' && told.content > 0) socket.end('half')
      else if (ends === 'reset') (socket._parent ?? socket).resetAndDestroy()
      return
    }
    text += now
    const at = text.indexOf('\r\n\r\n')
    if (at === -1) return
    const lines = text
      .slice(0, at)
      .split('\r\n')
      .filter((line) => !/^(x-forwarded-server|x-token)/i.test(line))
      .map((line) => line.replace(/^[^:]*:/, (name) => name.toLowerCase()).replace(/:\d+$/, ':PORT'))
    const of = (name) => new RegExp(`^${name}: (.*)\\r$`, 'im').exec(text.slice(0, at + 2))?.[1] ?? ''
    const token = /x-token: (\S+) (\S+) (\S+)(?: (.*))?\r\n/i.exec(text)
    told = { lines: [lines[0], ...lines.slice(1).sort()], content: text.length - at - 4, how: 'open' }
    seen.set(token[1], told)
    ends = token[3]
    const head = HEADS[token[2]].replace('PROTOCOL', of('upgrade').split(',')[0] || 'websocket')
    socket.write(head + (head.includes(' 101 ') ? (token[4] ?? '') : ''))
    if (!head.includes(' 101 ')) socket.end()
    if (ends === 'echo' && told.content > 0) socket.write(text.slice(at + 4))
  })
}

function converse(port, { isSecure, method, lines, head, ends, early, first, words, ending }, token) {
  return new Promise((resolve) => {
    const raw = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    raw.on('error', () => undefined)
    const offers = { ALPNProtocols: ['http/1.1'] }
    const socket = isSecure
      ? tls.connect({ socket: raw, rejectUnauthorized: false, allowHalfOpen: true, ...offers })
      : raw
    const got = { text: '', how: 'open' }
    const timer = setTimeout(() => socket.destroy(), 700)
    let isOn = false
    socket.on('error', () => (got.how = 'reset'))
    socket.on('end', () => {
      got.how = 'end'
      socket.end()
    })
    socket.on('data', (piece) => {
      got.text += piece.toString('latin1')
      if (isOn || !/\r\n\r\n/.test(got.text.replace(/^HTTP\/1.1 103[\s\S]*?\r\n\r\n/, ''))) return
      isOn = true
      if (/^HTTP\/1.1 101/m.test(got.text)) socket.write(words)
      setTimeout(() => {
        if (ending === 'end') socket.end()
        if (ending === 'reset') raw.resetAndDestroy()
      }, 60)
    })
    socket.on('close', () => {
      clearTimeout(timer)
      // What a client says after an answer that changes nothing is no request.
      got.text = got.text.replace(/(?<=.)HTTP\/1.1 400 Bad Request[\s\S]*$/s, '')
      const at = got.text.lastIndexOf('\r\n\r\n')
      const [start, ...fields] = got.text
        .slice(0, at)
        .replace(/^HTTP\/1.1 101 .*/m, 'HTTP/1.1 101')
        .split('\r\n')
      const rest = got.text.slice(at + 4)
      resolve({
        how: got.how,
        head: [
          start,
          ...fields
            .filter((line) => !/^(date|content-length: 0)/i.test(line))
            .map((line) =>
              line
                .replace(/^[^:]*:/, (name) => name.toLowerCase())
                .replace(/^connection: .*upgrade$/i, 'connection: Upgrade'),
            )
            .sort(),
        ],
        rest: rest.length > 200 ? `${rest.slice(0, 30)} ${rest.length}` : rest,
      })
    })
    const target = `/${head}`
    socket.write(
      `${method} ${target} HTTP/1.1\r\nHost: a.test\r\n${lines.join('\r\n')}\r\nX-Token: ${token} ${head} ${ends} ${early}\r\n\r\n${first}`,
    )
  })
}

/** RFC 8441, whose setting a server must have sent first. */
function extendedConnect(port) {
  return new Promise((resolve) => {
    const session = http2.connect(`http://127.0.0.1:${port}`)
    const finish = (outcome) => {
      session.destroy()
      resolve(outcome)
    }
    session.on('error', (error) => finish(error.code))
    session.once('remoteSettings', ({ enableConnectProtocol }) => finish({ enableConnectProtocol }))
  })
}

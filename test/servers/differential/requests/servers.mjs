// Servers that random requests reach. They tell what they have seen.
import http from 'node:http'
import { gzipSync } from 'node:zlib'
import { freePort } from '../../../support/free-port.ts'

const LONG = JSON.stringify({ text: 'some words '.repeat(300) })

/** What `X-Want: N` asks for: status, fields, content. */
const ANSWERS = [
  [200, { 'Content-Type': 'text/plain' }, 'fine'],
  [404, { 'Content-Type': 'text/html', 'X-R': 'r' }, '<p>none</p>'],
  [500, { 'Content-Type': 'text/plain' }, 'broken'],
  [200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }, gzipSync('x'.repeat(2000))],
  [302, { Location: 'http://a.test/p?x' }, ''],
  [204, { 'X-R': 'r' }, ''],
  [304, { ETag: '"e"' }, ''],
  [
    200,
    { 'Content-Type': 'text/html', 'Set-Cookie': ['a=1', 'b=2; Path=/'], Vary: 'Accept', 'X-R': 'r', Server: 's' },
    'cookies',
  ],
  [200, { 'Content-Type': 'application/json', 'Cache-Control': 'max-age=5' }, LONG],
  [418, { 'Content-Type': 'text/plain', 'X-S': 's' }, 'teapot'],
  [200, {}, '<html><body>what is it?</body></html>'],
  [
    403,
    { 'Access-Control-Allow-Origin': 'https://own.test', 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' },
    'no',
  ],
  // Those of who looks at what is told alone.
  [200, { 'Content-Type': 'application/grpc', 'Grpc-Status': '5' }, 'x'],
  [200, { 'Content-Type': 'application/grpc', 'Grpc-Status': 'NotFound' }, 'x'],
  [500, { 'Content-Type': 'text/plain', 'Content-Length': '3' }, 'odd'],
]

/** What `X-Want` asks for where the client leaves: a server that says nothing, and one that does not come to an end. */
const SILENT = '90'
const ENDLESS = '91'

/**
 * The servers `main`, `pages` and `auth`; nobody listens on the port of `gone`.
 * @returns their ports, and what they have seen since they were asked
 */
export async function startServers() {
  let seen = []
  const ports = { gone: await freePort() }
  const servers = []
  for (const [name, answer] of Object.entries({ main: wanted, pages: page, auth: judged })) {
    const server = http.createServer(
      { insecureHTTPParser: true, joinDuplicateHeaders: false },
      async (request, response) => {
        const pieces = []
        try {
          for await (const piece of request) pieces.push(piece)
        } catch {
          // Who sends it has left.
          return
        }
        const { method, url, rawHeaders, rawTrailers } = request
        seen.push({
          server: name,
          method,
          url,
          fields: fieldsOf(rawHeaders),
          trailers: fieldsOf(rawTrailers),
          content: Buffer.concat(pieces).toString('latin1'),
        })
        answer(request, response)
      },
    )
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    ports[name] = server.address().port
    servers.push(server)
  }
  return {
    ports,
    takeSeen() {
      const taken = seen
      seen = []
      return taken
    },
    stop() {
      for (const server of servers) server.close()
      for (const server of servers) server.closeAllConnections()
    },
  }
}

function fieldsOf(raw) {
  const fields = {}
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase()
    fields[name] = [...(fields[name] ?? []), raw[i + 1]]
  }
  return fields
}

function wanted(request, response) {
  const want = request.headers['x-want']
  if (want === SILENT) return
  if (want === ENDLESS) return void response.writeHead(200, { 'Content-Type': 'text/plain' }).write('begun')
  const [status, fields, content] = ANSWERS[Number(request.headers['x-want'] ?? 0)] ?? ANSWERS[0]
  response.sendDate = false
  response.writeHead(status, fields)
  response.end(content)
}

function page(request, response) {
  response.sendDate = false
  response.writeHead(200, { 'Content-Type': 'text/html', 'X-Page': 'p' })
  response.end(`page ${request.url}`)
}

function judged(request, response) {
  response.sendDate = false
  const fields = { 'X-User': 'u', 'X-Forwarded-User': 'fu', 'Set-Cookie': ['sid=auth', 'third=3'] }
  if (request.url.startsWith('/deny'))
    response.writeHead(401, { ...fields, 'WWW-Authenticate': 'Basic realm="x"', 'Content-Type': 'text/plain' })
  else if (request.url.startsWith('/redirect')) response.writeHead(302, { Location: '/login' })
  else response.writeHead(200, fields)
  response.end('judged')
}

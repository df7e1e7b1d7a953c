import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The hash that `/hash` answers with. */
export const sha256 = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')

/** What `/file` answers with: ten million octets that don't compress. */
export const file = Buffer.concat(
  Array.from({ length: 10_000_000 / 32 }, (_, at) => createHash('sha256').update(`${at}`).digest()),
)

/** What `/text` answers with. */
export const text = 'the quick brown fox jumps over the lazy dog\n'.repeat(5000)

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/file') {
    response.end(file)
    return
  }
  const hash = createHash('sha256')
  for await (const chunk of request) hash.update(chunk as Buffer)
  response.setHeader('X-Method', request.method ?? '')
  if (request.url === '/text') response.setHeader('Content-Type', 'text/plain').end(text)
  else if (request.url === '/from') response.end(request.headers['x-forwarded-for'])
  else if (request.url === '/hash') response.end(hash.digest('hex'))
  else response.end(`hello ${request.headers['x-forwarded-proto']}`)
}

export interface Backend {
  readonly url: string
  /** Requests that waited for leave to send their content. */
  readonly waited: string[]
  close(): void
}

/** A server with `/file`, `/text`, `/hash` (of the content), `/from` (the client's address), `/refuse` (417 where leave is asked for) and a greeting elsewhere. */
export async function startBackend(): Promise<Backend> {
  const waited: string[] = []
  const server = createServer({ maxHeaderSize: 262_144 }, (request, response) => void answer(request, response))
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waited.push(request.url ?? '')
    if (request.url === '/refuse') {
      response.writeHead(417, { Connection: 'close' }).end('refused')
      return
    }
    response.writeContinue()
    void answer(request, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waited,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

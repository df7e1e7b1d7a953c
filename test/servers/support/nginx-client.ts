import http from 'node:http'
import type { Answered, Asked } from './nginx-requests.ts'

/** Who asks proxies, and who answers behind them. */

/** A server that tells what it was asked, and answers with the status that the query names. */
export function echoServer(name: string): http.Server {
  return http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://x')
      const status = Number(url.searchParams.get('status') ?? 200)
      const fields: Record<string, string> = { 'Content-Type': 'application/json', 'X-Server': name, 'X-Hidden': 'h' }
      for (const [key, value] of url.searchParams) if (key.startsWith('h-')) fields[key.slice(2)] = value
      response.writeHead(status, fields)
      const { method, url: target, headers } = request
      response.end(JSON.stringify({ name, method, target, headers, length: Buffer.concat(chunks).length }))
    })
  })
}

/** What differs from run to run, or from proxy to proxy, and says nothing. */
const NOT_COMPARED = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])
const NOT_COMPARED_OF_SERVERS = new Set(['connection', 'x-forwarded-server', 'user-agent', 'accept-encoding'])

/** Asks a proxy. */
export async function answerTo(port: number, asked: Asked, ports: Readonly<Record<string, number>>): Promise<Answered> {
  for (let left = (asked.times ?? 1) - 1; left > 0; left--) await send(port, asked)
  const { status, headers, text } = await send(port, asked)
  const shown = plain(text, ports)
  let body: unknown = shown
  try {
    const told = JSON.parse(shown) as { headers?: Record<string, string> }
    if (told.headers !== undefined) told.headers = without(told.headers, NOT_COMPARED_OF_SERVERS)
    body = told
  } catch {
    // A text.
  }
  const fields = without(headers, NOT_COMPARED)
  for (const [name, value] of Object.entries(fields)) fields[name] = plain(value, ports)
  return { status, headers: fields, body }
}

/** Ports are others each time, and so are values of cookies that are made of them. */
function plain(text: string, ports: Readonly<Record<string, number>>): string {
  let out = text
  for (const [name, port] of Object.entries(ports)) out = out.replaceAll(`:${port}`, `:<${name}>`)
  return out.replace(/INGRESSCOOKIE=[0-9a-f]+/, 'INGRESSCOOKIE=<server>').replace(/^\d+(?:\.\d+)?ms$/, '<time>')
}

const without = (fields: Readonly<Record<string, string>>, names: ReadonlySet<string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !names.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const send = (
  port: number,
  { host, path = '/', method = 'GET', headers = {}, body }: Asked,
): Promise<{ status: number; headers: Record<string, string>; text: string }> =>
  new Promise((resolve, reject) => {
    const request = http.request(
      { port, host: '127.0.0.1', path, method, headers: { Host: `${host}.test`, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const fields: Record<string, string> = {}
          for (const [name, value] of Object.entries(response.headers)) fields[name] = String(value)
          resolve({ status: response.statusCode ?? 0, headers: fields, text: Buffer.concat(chunks).toString() })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })

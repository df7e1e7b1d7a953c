import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './files.ts'

const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')

/** Cloudflare's KV API, as far as push needs it. */
export async function fakeApi() {
  const values = new Map<string, { value: Buffer; metadata: string; ttl: string | null }>()
  const seen: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const url = new URL(request.url!, 'http://api')
      seen.push(`${request.method} ${url.pathname}`)
      const refuse = (status: number, message: string) =>
        response.writeHead(status).end(JSON.stringify({ success: false, errors: [{ code: 10000, message }] }))
      if (request.headers.authorization !== 'Bearer token-of-tests') return refuse(403, 'Authentication error')
      const base = '/accounts/acc/storage/kv/namespaces/ns1'
      if (url.pathname === `${base}/keys`) {
        const prefix = url.searchParams.get('prefix') ?? ''
        const result = [...values.keys()].filter((name) => name.startsWith(prefix)).map((name) => ({ name }))
        return response.end(JSON.stringify({ result, result_info: { cursor: '' } }))
      }
      const key = decodeURIComponent(url.pathname.slice(`${base}/values/`.length))
      if (request.method === 'GET') {
        const found = values.get(key)
        return found === undefined ? refuse(404, 'key not found') : response.end(found.value)
      }
      const form = await new Response(Buffer.concat(chunks), {
        headers: { 'Content-Type': request.headers['content-type']! },
      }).formData()
      const value = form.get('value')!
      values.set(key, {
        value: typeof value === 'string' ? Buffer.from(value) : Buffer.from(await value.arrayBuffer()),
        metadata: String(form.get('metadata')),
        ttl: url.searchParams.get('expiration_ttl'),
      })
      response.end('{"success":true}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  return { values, seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Runs `signalbox edge …` of the built command. */
export const edge = (args: readonly string[], env: Record<string, string> = {}, cwd = temporaryFolder()) =>
  command(['edge', ...args], env, cwd)

/** Runs `signalbox …` of the built command. */
export async function command(args: readonly string[], env: Record<string, string> = {}, cwd = temporaryFolder()) {
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

/** A signing key in a file of its own. */
export async function keygen() {
  const file = path.join(temporaryFolder(), 'key.pem')
  const { stdout } = await edge(['keygen', '--out', file])
  return { file, publicKey: /"([^"]+)"/.exec(stdout)![1]! }
}

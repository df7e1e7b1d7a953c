import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { parseJsonc } from '../../adapters/cli/edge/jsonc.ts'
import type { LocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import type { FakeApi } from './cloudflare-api.ts'
import { behindNetwork } from './proxy.ts'

/**
 * Where the Worker of a project answers once it has been deployed: the built worker, started with the first request, by
 * the variables of an environment. It reads what the API has been given.
 * @returns its origin
 */
export async function deployedAt(port: number, project: string, environment: string, api: FakeApi): Promise<string> {
  let starting: Promise<LocalWorker> | null = null
  const start = (): Promise<LocalWorker> => {
    const file = path.join(project, 'wrangler.jsonc')
    const { env } = parseJsonc(readFileSync(file, 'utf8')) as {
      readonly env: Readonly<Record<string, { readonly vars: Readonly<Record<string, string>> }>>
    }
    return behindNetwork({ ...env[environment]!.vars, SIGNALBOX_REFRESH_MS: '100' }, { shared: true })
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    starting ??= start()
    const { url, kv } = await starting
    for (const [name, { value }] of api.values) await kv.put(name, value)
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string])
    const answered = await fetch(new URL(request.url!, url), { headers, redirect: 'manual' })
    response.writeHead(answered.status, Object.fromEntries(answered.headers))
    response.end(Buffer.from(await answered.arrayBuffer()))
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${port}`
}

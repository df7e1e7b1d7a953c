import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { type LocalWorker, type LocalWorkerOptions, startLocalWorker } from '../../adapters/cli/edge/miniflare.ts'
import { publish } from '../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { planFile } from '../../adapters/cli/plan-file.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { temporaryFile } from './files.ts'

/** A server behind the proxy; closed with the test. */
export async function origin(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; server: Server }> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** Tells its name and what it saw. */
export const echo = (name: string) =>
  origin((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      response.setHeader('X-Origin', name)
      response.end(JSON.stringify({ name, method, url, headers, body: Buffer.concat(chunks).toString() }))
    })
  })

/** The plan of a dynamic configuration. */
export async function planOf(dynamic: unknown): Promise<Plan> {
  const { plan, problems } = await planFile(temporaryFile('dynamic.yml', JSON.stringify(dynamic)), {
    target: 'edge',
    install: null,
  })
  if (plan === null) throw new Error(problems.map(({ message }) => message).join('; '))
  return plan
}

/** The built worker; stopped with the test. */
export async function worker(
  vars: Readonly<Record<string, string>>,
  more: Partial<Pick<LocalWorkerOptions, 'shared' | 'isolates' | 'modules' | 'plugins'>> = {},
): Promise<LocalWorker> {
  const started = await startLocalWorker({ host: '127.0.0.1', port: 0, vars, shared: false, ...more })
  onTestFinished(() => started.stop())
  return started
}

/** The built worker with Cloudflare's network in front (`front-worker.js`); stopped with the test. */
export const behindNetwork = (
  vars: Readonly<Record<string, string>>,
  more: { readonly shared?: boolean; readonly isolates?: number } = {},
): Promise<LocalWorker> => worker({ SIGNALBOX_TRUST_CALLER: 'false', ...vars }, { ...more, modules: networkModules() })

/** Modules of the worker with Cloudflare's network in front. */
export function networkModules(): Record<string, string> {
  const front = readFileSync(path.resolve(import.meta.dirname, '../support/front-worker.js'), 'utf8')
  return { 'front.js': front, ...Object.fromEntries(allModules()) }
}

/**
 * The files of the built worker that are read before its first request, by name.
 * @param more modules that a plan has loaded, by their names
 */
export function startingModules(...more: readonly string[]): Map<string, string> {
  const dist = path.resolve(import.meta.dirname, '../../dist')
  const modules = new Map<string, string>()
  const add = (name: string) => {
    if (modules.has(name)) return
    const text = readFileSync(path.join(dist, name), 'utf8')
    modules.set(name, text)
    for (const [, from] of text.matchAll(/(?:from|import)\s*"(\.[^"]+)"/g))
      add(path.posix.join(path.posix.dirname(name), from!))
  }
  add('worker.js')
  const names = [...allModules().keys()]
  for (const start of more) {
    const found = names.find((name) => name === `edge/${start}.js`)
    if (found === undefined) throw new Error(`no module of the worker is called ${start}`)
    add(found)
  }
  return modules
}

/** Every file of the built worker, by name. */
export function allModules(): Map<string, string> {
  const dist = path.resolve(import.meta.dirname, '../../dist')
  const names = ['worker.js', ...readdirSync(path.join(dist, 'edge')).map((name) => `edge/${name}`)]
  return new Map(names.map((name) => [name, readFileSync(path.join(dist, name), 'utf8')]))
}

const key = await generateSigningKey()

/** A worker that serves this configuration. */
export async function serving(dynamic: unknown): Promise<LocalWorker> {
  const started = await worker({
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_REFRESH_MS: '600000',
    SIGNALBOX_LOG_LEVEL: 'panic',
  })
  await publish(started.kv, await planOf(dynamic), key, Date.now())
  return started
}

/** One router for everything. */
export function everything(
  urls: readonly string[],
  loadBalancer: object = {},
  middlewares: Record<string, object> = {},
) {
  const names = Object.keys(middlewares)
  return {
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 's', ...(names.length === 0 ? {} : { middlewares: names }) } },
      services: { s: { loadBalancer: { servers: urls.map((url) => ({ url })), ...loadBalancer } } },
      ...(names.length === 0 ? {} : { middlewares }),
    },
  }
}

/** Bytes sent on one connection, and what came back until it closed or `until` was there. */
export async function raw(url: URL, text: string, until = '\r\n\r\n'): Promise<string> {
  const socket = connect({ host: url.hostname, port: Number(url.port) })
  let got = ''
  socket.write(text)
  for await (const chunk of socket) {
    got += chunk.toString('latin1')
    if (got.includes(until)) break
  }
  return got
}

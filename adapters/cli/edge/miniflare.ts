import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire, enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EdgeError } from './edge-error.ts'
import { packageFolder, toolVersions } from './init/installed-package.ts'
import type { KvKey, KvNamespace } from './kv-namespace.ts'
import { LOCAL_KV_WORKER } from './local-kv-worker.ts'

/** A worker in workerd on this machine. */
export interface LocalWorker {
  /** Reaches workerd itself, without anything that imitates Cloudflare's network unless that is asked for. */
  readonly url: URL
  /** Takes, without TLS, what came by https; null where the network is not imitated. */
  readonly httpsUrl: URL | null
  /** One for each isolate; the first one is `url`. */
  readonly urls: readonly URL[]
  readonly kv: KvNamespace
  /** Runs the scheduled handler; resolves when it has ended. */
  runScheduled(): Promise<void>
  stop(): Promise<void>
}

export interface LocalWorkerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly vars: Readonly<Record<string, string>>
  /** Whether isolates share a Durable Object. */
  readonly shared: boolean
  /** What Cloudflare's network says of clients is imitated: all of them have this address; empty: an unknown one. */
  readonly client?: string
  /** How many isolates serve at once, each on a port of its own; default 1. */
  readonly isolates?: number
  /** Name and text of modules in the place of the built worker; the first one is the main module. */
  readonly modules?: Readonly<Record<string, string>>
  /** The module with the plugins, and those that it imports; absent or null: there are none. */
  readonly plugins?: {
    readonly text: string
    readonly modules: Readonly<Record<string, Uint8Array<ArrayBuffer>>>
  } | null
}

const BINDING = 'SIGNALBOX_KV'
const DASHBOARD = 'SIGNALBOX_DASHBOARD'
const DASHBOARD_FILES = 'signalbox-dashboard'
const NAME = 'signalbox'
const OBJECT = { binding: 'SIGNALBOX_STATE', exportName: 'SignalboxState' } as const
/** The module that imitates the network, and its entry point for https. */
const LOCAL = 'local.js'
const HTTPS = 'https'
/** Beside `worker.js`, where the worker looks for plugins. */
const PLUGINS_MODULE = 'plugins.js'
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Starts a worker under Miniflare. All use of Miniflare is in this file: the names of its options still change.
 * @throws EdgeError when Miniflare is not installed or the worker has not been built
 */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  const { host, port, isolates = 1, client } = options
  const { Miniflare } = loadMiniflare()
  const built = options.modules ?? (await builtWorker())
  const sources = {
    ...(client === undefined ? {} : { [LOCAL]: await readModule(LOCAL) }),
    ...built,
    ...(options.plugins == null ? {} : { [PLUGINS_MODULE]: options.plugins.text, ...options.plugins.modules }),
  }
  const sockets = [{ host, port }, ...(client === undefined ? [] : [{ host: '127.0.0.1', port: 0, entrypoint: HTTPS }])]
  const names = Array.from({ length: isolates }, (_, at) => (at === 0 ? NAME : `${NAME}-${at + 1}`))
  const handlers = SIGNALS.map((signal) => new Set(process.listeners(signal)))
  const miniflare = new Miniflare({
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
    workers: [
      ...names.map((name) => ({
        config: configOf(name, sources, options),
        dev: { unsafeDirectSockets: sockets, stripCfConnectingIp: false },
      })),
      { config: dashboardFiles() },
    ],
  })
  // It ends the process by itself on a signal; whoever started it stops it in good order.
  SIGNALS.forEach((signal, at) => {
    for (const handler of process.listeners(signal)) if (!handlers[at]!.has(handler)) process.off(signal, handler)
  })
  const urls = await Promise.all(names.map((name) => miniflare.unsafeGetDirectURL(name))).catch(
    async (error: unknown) => {
      // What has not started says so a second time when it is put away.
      await miniflare.dispose().catch(() => undefined)
      throw new EdgeError(`workerd can't be started: ${(error as Error).message}`)
    },
  )
  const namespace = await miniflare.getKVNamespace(BINDING, NAME)
  const worker = await miniflare.getWorker(NAME)
  return {
    url: urls[0]!,
    urls,
    httpsUrl: client === undefined ? null : await miniflare.unsafeGetDirectURL(NAME, HTTPS),
    kv: namespaceOf('local KV', namespace, async () => {}),
    async runScheduled() {
      await worker.scheduled({ scheduledTime: new Date(), cron: '* * * * *' })
    },
    stop: () => miniflare.dispose(),
  }
}

/**
 * The namespace that `wrangler dev` uses on this machine, without a worker of ours. It is there as soon as workerd has
 * been called: the first question waits for it, and is told why it does not start.
 * @param state the folder of wrangler's local state: `.wrangler/state`
 * @throws EdgeError when Miniflare is not installed
 */
export async function startLocalNamespace(title: string, id: string, state: string): Promise<KvNamespace> {
  const { Miniflare } = loadMiniflare()
  const modules = { 'kv.js': { type: 'esm' as const, contents: LOCAL_KV_WORKER } }
  const miniflare = new Miniflare({
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
    resourcePersistencePath: path.join(state, 'v3'),
    workers: [
      {
        config: {
          name: NAME,
          compatibilityDate: '2026-10-01',
          manifest: { mainModule: 'kv.js', modules },
          env: { KV: { type: 'kv', id } },
        },
      },
    ],
  })
  const settled = miniflare.ready.then(
    () => true,
    () => false,
  )
  await hasChild(settled)
  const ask = async (query: Readonly<Record<string, string>>, body: string | Uint8Array | null = null) => {
    const answer = await miniflare.dispatchFetch(`http://kv/?${new URLSearchParams(query)}`, { method: 'POST', body })
    if (answer.ok) return answer
    throw new EdgeError(`${title} can't be used: ${(await answer.text()).split('\n', 1)[0]}`)
  }
  return {
    title,
    async get(key) {
      const answer = await ask({ op: 'get', key })
      return answer.status === 204 ? null : new Uint8Array(await answer.arrayBuffer())
    },
    async put(key, value, { metadata, ttlSeconds } = {}) {
      const beside = metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }
      await ask({ op: 'put', key, ...beside, ...(ttlSeconds === undefined ? {} : { ttl: String(ttlSeconds) }) }, value)
    },
    async delete(key) {
      await ask({ op: 'delete', key })
    },
    list: (prefix) =>
      allKeys(async (cursor) => {
        const more = cursor === undefined ? {} : { cursor }
        return (await (await ask({ op: 'list', prefix, ...more })).json()) as Page
      }),
    now: () => null,
    async close() {
      // What has not started says so a second time when it is put away.
      if (await settled) await miniflare.dispose()
    },
  }
}

/**
 * Until a child process runs, or something has come to an end. Whoever goes on at once, with something long, keeps those
 * from their turn who are about to start it.
 */
async function hasChild(ended: Promise<unknown>): Promise<void> {
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  while (!hasEnded && !process.getActiveResourcesInfo().includes('ProcessWrap')) await sleep(1)
}

/** Page by page. */
async function allKeys(read: (cursor: string | undefined) => Promise<Page>): Promise<readonly KvKey[]> {
  const keys: KvKey[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    for (const { name, metadata = null } of page.keys) keys.push({ name, metadata })
    cursor = page.list_complete ? undefined : page.cursor
  } while (cursor !== undefined)
  return keys
}

type MiniflareNamespace = Awaited<ReturnType<InstanceType<typeof import('miniflare').Miniflare>['getKVNamespace']>>

function namespaceOf(title: string, namespace: MiniflareNamespace, close: () => Promise<void>): KvNamespace {
  return {
    title,
    async get(key) {
      const value = await namespace.get(key, 'arrayBuffer')
      return value === null ? null : new Uint8Array(value)
    },
    put: (key, value, { metadata, ttlSeconds } = {}) =>
      namespace.put(key, value, {
        ...(metadata === undefined ? {} : { metadata }),
        ...(ttlSeconds === undefined ? {} : { expirationTtl: ttlSeconds }),
      }),
    delete: (key) => namespace.delete(key),
    list: (prefix) => allKeys((cursor) => namespace.list({ prefix, ...(cursor === undefined ? {} : { cursor }) })),
    now: () => null,
    close,
  }
}

type Page = Awaited<ReturnType<MiniflareNamespace['list']>>

/**
 * The static assets of the dashboard as a worker of their own. Beside a worker's own code Miniflare would put them in front
 * of it, and what Fetch has no URL for (`OPTIONS *`) would not get past them.
 */
const dashboardFiles = () => ({
  name: DASHBOARD_FILES,
  compatibilityDate: '2026-10-01',
  manifest: {
    mainModule: 'files.js',
    modules: {
      'files.js': {
        type: 'esm' as const,
        contents: 'export default { fetch: (request, env) => env.ASSETS.fetch(request) }',
      },
    },
  },
  env: { ASSETS: { type: 'assets' as const } },
  assets: {
    directory: path.join(distFolder(), 'dashboard'),
    htmlHandling: 'none' as const,
    runWorkerFirst: true,
    hasUserWorker: true,
  },
})

/** A worker as Miniflare takes it; all of them share the namespace and the first one's objects. */
function configOf(
  name: string,
  sources: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>,
  { vars, shared, client }: LocalWorkerOptions,
) {
  // Where there is no network in front, whoever runs this says which client it is.
  const ofClients = client === undefined ? { SIGNALBOX_TRUST_CALLER: 'true' } : { SIGNALBOX_LOCAL_CLIENT: client }
  const texts = Object.entries({ ...ofClients, ...vars }).map(
    ([key, value]) => [key, { type: 'text' as const, value }] as const,
  )
  const object = { type: 'durable-object', worker: NAME, exportName: OBJECT.exportName } as const
  return {
    name,
    compatibilityDate: '2026-10-01',
    compatibilityFlags: ['enable_request_signal'],
    manifest: {
      mainModule: Object.keys(sources)[0]!,
      modules: Object.fromEntries(Object.entries(sources).map(([file, contents]) => [file, moduleOf(contents)])),
    },
    env: {
      ...Object.fromEntries(texts),
      [BINDING]: { type: 'kv' as const, id: 'signalbox' },
      [DASHBOARD]: { type: 'worker' as const, worker: DASHBOARD_FILES },
      ...(shared ? { [OBJECT.binding]: object } : {}),
    },
    ...(shared && name === NAME
      ? { exports: { [OBJECT.exportName]: { type: 'durable-object' as const, storage: 'sqlite' as const } } }
      : {}),
  }
}

const moduleOf = (contents: string | Uint8Array<ArrayBuffer>) =>
  typeof contents === 'string' ? { type: 'esm' as const, contents } : { type: 'wasm' as const, contents }

/**
 * That of the project in this folder, or that beside the command. Reading its six megabytes takes longer than all the
 * rest: what was compiled once is kept for the next time, and before an `import` Node would parse them once more, only
 * to find out that they are CommonJS.
 */
function loadMiniflare(): typeof import('miniflare') {
  // In a folder that is ours: what is in there is run, and others could have made that in `/tmp`.
  enableCompileCache(path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'signalbox'))
  const here = createRequire(path.join(process.cwd(), 'package.json'))
  const own = createRequire(import.meta.url)
  const isHere = here.resolve.paths('miniflare')?.some((folder) => existsSync(path.join(folder, 'miniflare')))
  try {
    return isHere === true ? here('miniflare') : own('miniflare')
  } catch (error) {
    const wanted = `miniflare@${toolVersions().miniflare}`
    const [reason] = (error as Error).message.split('\n')
    throw new EdgeError(`miniflare is missing: npm install --save-dev --save-exact ${wanted} (${reason})`)
  }
}

/** The modules of the worker. */
async function builtWorker(): Promise<Record<string, string>> {
  const chunks = await attempt(() => readdir(path.join(distFolder(), 'edge')))
  const names = ['worker.js', ...chunks.map((name) => `edge/${name}`)]
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readModule(name)] as const)))
}

const readModule = (name: string): Promise<string> => attempt(() => readFile(path.join(distFolder(), name), 'utf8'))

async function attempt<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw new EdgeError(`the worker has not been built: ${(error as Error).message}`)
  }
}

/** The folder with the built worker. */
export const distFolder = (): string => path.join(packageFolder(), 'dist')

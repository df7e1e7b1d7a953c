import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Miniflare } from 'miniflare'
import { allModules } from '../proxy.ts'

/** How KV behaves; times in ms. */
export type KvFault =
  | { readonly kind: 'none' | 'hang' }
  | { readonly kind: 'throw'; readonly times?: number }
  | { readonly kind: 'late'; readonly ms: number }

/** An isolate of the built worker with a KV of its own, and perhaps others on the same one. */
export interface CellOptions {
  readonly name: string
  /** Whose KV it reads; absent: its own. */
  readonly kvOf?: string
  readonly vars: Readonly<Record<string, string>>
  /** Files that were deployed beside the worker. */
  readonly files?: Readonly<Record<string, string>>
  /** The class of its object; absent: none is bound. */
  readonly object?: 'ThrowingState' | 'HangingState' | 'OlderState' | 'NewerState'
}

/** Isolates in one workerd, as in one location: they have one Cache API. */
export interface Cells {
  urlOf(name: string): URL
  put(name: string, key: string, value: Uint8Array | string): Promise<void>
  remove(name: string, key: string): Promise<void>
  fault(name: string, fault: KvFault): Promise<void>
  /** Puts something into the location's cache. */
  keep(url: string, value: Uint8Array): Promise<void>
  /** Whether there is something in it. */
  isKept(url: string): Promise<boolean>
  /** Calls to KV so far. */
  callsOf(name: string): Promise<number>
  stop(): Promise<void>
}

const SERVICES = 'services'

export async function startCells(cells: readonly CellOptions[]): Promise<Cells> {
  const built = Object.fromEntries(
    [...allModules()].map(([name, contents]) => [name, { type: 'esm' as const, contents }]),
  )
  const services = readFileSync(path.join(import.meta.dirname, 'faulty-services.mjs'), 'utf8')
  const classes = [...new Set(cells.map(({ object }) => object))].filter((name) => name !== undefined)
  const sockets = [{ host: '127.0.0.1', port: 0 }]
  const miniflare = new Miniflare({
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
    workers: [
      {
        config: {
          name: SERVICES,
          compatibilityDate: '2026-10-01',
          manifest: { mainModule: 'services.js', modules: { 'services.js': { type: 'esm', contents: services } } },
          exports: Object.fromEntries(classes.map((name) => [name, { type: 'durable-object', storage: 'sqlite' }])),
        },
        dev: { unsafeDirectSockets: sockets },
      },
      ...cells.map(({ name, kvOf = name, vars, files = {}, object }) => ({
        config: {
          name,
          compatibilityDate: '2026-10-01',
          manifest: {
            mainModule: 'worker.js',
            modules: {
              ...built,
              ...Object.fromEntries(
                Object.entries(files).map(([file, contents]) => [file, { type: 'text' as const, contents }]),
              ),
            },
          },
          env: {
            ...Object.fromEntries(
              Object.entries(vars).map(([key, value]) => [key, { type: 'text' as const, value }] as const),
            ),
            SIGNALBOX_KV: { type: 'worker' as const, worker: SERVICES, exportName: 'Kv', props: { cell: kvOf } },
            ...(object === undefined
              ? {}
              : { SIGNALBOX_STATE: { type: 'durable-object' as const, worker: SERVICES, exportName: object } }),
          },
        },
        dev: { unsafeDirectSockets: sockets },
      })),
    ],
  })
  const entries = [SERVICES, ...cells.map(({ name }) => name)].map(
    async (name) => [name, await miniflare.unsafeGetDirectURL(name)] as const,
  )
  const urls = new Map(await Promise.all(entries))
  const call = async (name: string, init: RequestInit, key?: string) => {
    const query = key === undefined ? '' : `?key=${encodeURIComponent(key)}`
    const response = await fetch(new URL(`/${encodeURIComponent(name)}${query}`, urls.get(SERVICES)), init)
    if (!response.ok) throw new Error(`the services answer ${response.status}`)
    return response
  }
  const keptAt = (url: string) => new URL(`/?kept=${encodeURIComponent(url)}`, urls.get(SERVICES))
  return {
    urlOf: (name) => urls.get(name)!,
    async put(name, key, value) {
      await call(name, { method: 'PUT', body: typeof value === 'string' ? value : Uint8Array.from(value) }, key)
    },
    async remove(name, key) {
      await call(name, { method: 'DELETE' }, key)
    },
    async fault(name, fault) {
      await call(name, { method: 'POST', body: JSON.stringify(fault) })
    },
    async keep(url, value) {
      await fetch(keptAt(url), { method: 'PUT', body: Uint8Array.from(value) })
    },
    isKept: async (url) => ((await (await fetch(keptAt(url))).json()) as { isKept: boolean }).isKept,
    async callsOf(name) {
      return ((await (await call(name, { method: 'GET' })).json()) as { calls: number }).calls
    },
    stop: () => miniflare.dispose(),
  }
}

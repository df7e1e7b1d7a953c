import path from 'node:path'
import type { KvNamespace } from './kv-namespace.ts'
import { startLocalNamespace } from './miniflare.ts'
import type { WranglerFile } from './wrangler-file.ts'

/**
 * The namespace that `wrangler dev` uses on this machine. It is started at once and waited for with the first call:
 * meanwhile a plan can be made.
 * @param id absent: that in the file
 */
export function startedLocally(wrangler: WranglerFile, binding: string, id: string | undefined): KvNamespace {
  const { file, namespaces } = wrangler
  const state = path.join(path.dirname(path.resolve(file)), '.wrangler/state')
  const title = `local KV namespace ${binding}`
  const starting = startLocalNamespace(title, id ?? namespaces.get(binding)?.localId ?? binding, state)
  // Whoever uses it first is told why it did not start.
  starting.catch(() => {})
  return {
    title,
    get: async (key) => (await starting).get(key),
    put: async (key, value, options) => (await starting).put(key, value, options),
    delete: async (key) => (await starting).delete(key),
    list: async (prefix) => (await starting).list(prefix),
    now: () => null,
    close: () =>
      starting.then(
        (kv) => kv.close(),
        () => {},
      ),
  }
}

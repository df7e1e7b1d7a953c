import path from 'node:path'
import type { KvNamespace } from './kv-namespace.ts'
import { startLocalNamespace } from './miniflare.ts'
import type { WranglerFile } from './wrangler-file.ts'

/**
 * The namespace that `wrangler dev` uses on this machine. It is waited for with the first call: what its caller does
 * until then goes on while it starts.
 * @param id absent: that in the file
 * @throws EdgeError
 */
export function startedLocally(wrangler: WranglerFile, binding: string, id: string | undefined): Promise<KvNamespace> {
  const { file, namespaces } = wrangler
  const state = path.join(path.dirname(path.resolve(file)), '.wrangler/state')
  const title = `local KV namespace ${binding}`
  return startLocalNamespace(title, id ?? namespaces.get(binding)?.localId ?? binding, state)
}

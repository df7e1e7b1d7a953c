import type { Flags } from '../command.ts'
import type { KvNamespace } from './publish.ts'

/** Flags that say which KV namespace is meant. */
export const where = {
  'namespace-id': {
    value: 'ID',
    about: 'the KV namespace, by Cloudflare\u2019s API; CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID say who we are',
  },
  wrangler: { value: 'FILE', fallback: 'wrangler.toml', about: 'takes the id of the namespace from there' },
  env: { value: 'NAME', about: 'the environment in it' },
  binding: { value: 'NAME', fallback: 'SIGNALBOX_KV', about: 'the namespace\u2019s binding' },
  local: { about: 'the namespace that `wrangler dev` uses here' },
} as const satisfies Flags

/** What `where` gives. */
export interface Where {
  readonly 'namespace-id': string | undefined
  readonly wrangler: string
  readonly env: string | undefined
  readonly binding: string
  readonly local: boolean
}

/** @throws EdgeError */
export async function namespaceAt({ 'namespace-id': id, wrangler, env, binding, local }: Where): Promise<KvNamespace> {
  if (local) return (await import('./kv-local.ts')).localNamespace(wrangler, binding, env ?? null)
  const known = id ?? (await (await import('./wrangler-file.ts')).namespaceIdOf(wrangler, binding, env ?? null))
  return (await import('./kv-rest.ts')).restNamespace(known, process.env)
}

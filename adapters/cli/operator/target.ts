import type { Flags } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { namespaceAt, type Where, where } from '../edge/where.ts'
import { apiSwitchboard } from './api-switchboard.ts'
import { kvSwitchboard } from './kv-switchboard.ts'
import type { Switchboard } from './switchboard.ts'

/** Flags that say which proxy is meant: one with an API, or the Workers that read a KV namespace. */
export const target = {
  api: { value: 'URL', about: 'where the API is; by default as the install configuration here says' },
  configFile: { value: 'FILE', about: 'the install configuration that the proxy runs with' },
  kv: { about: 'the proxy on Workers, through their KV; so do all flags below' },
  ...where,
} as const satisfies Flags

interface Target extends Where {
  readonly api: string | undefined
  readonly configFile: string | undefined
  readonly kv: boolean
}

/** @param calledAs `edge drain` means KV as well */
export async function switchboardOf(given: Target, calledAs: string): Promise<Switchboard> {
  const kv = calledAs.startsWith('edge ') || given.kv || given.local || isOther(given)
  if (!kv) return apiSwitchboard(given)
  if (given.api !== undefined || given.configFile !== undefined) {
    throw new Misuse('--api and --configFile are for a proxy with an API, and the others for KV')
  }
  return kvSwitchboard(await namespaceAt(given))
}

const isOther = ({ 'namespace-id': id, wrangler, env, binding }: Target): boolean =>
  id !== undefined || env !== undefined || wrangler !== where.wrangler.fallback || binding !== where.binding.fallback

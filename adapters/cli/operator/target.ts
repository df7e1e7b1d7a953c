import type { Flags } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { publisherFlags } from '../edge/shared-flags.ts'
import { at, type Where, where } from '../edge/where.ts'
import { apiSwitchboard } from './api-switchboard.ts'
import { kvSwitchboard } from './kv-switchboard.ts'
import type { Switchboard } from './switchboard.ts'

/** Flags that say which proxy is meant: one with an API, or the Workers that read a KV namespace. */
export const target = {
  api: { value: 'URL', about: 'where the API is; by default as the install configuration here says' },
  configFile: { value: 'FILE', about: 'the install configuration that the proxy runs with' },
  kv: { about: 'the proxy on Workers, through their KV; so do all flags below' },
  ...where,
  key: publisherFlags.key,
  trust: publisherFlags.trust,
} as const satisfies Flags

interface Target extends Where {
  readonly api: string | undefined
  readonly configFile: string | undefined
  readonly kv: boolean
  readonly key: string | undefined
  readonly trust: string | undefined
}

/**
 * Hands the switches that the flags name to a task.
 * @param calledAs `edge drain` means KV as well
 * @param print is told what goes without saying in most cases
 */
export async function onSwitchboard<T>(
  given: Target,
  calledAs: string,
  print: (text: string) => void,
  task: (switchboard: Switchboard) => Promise<T>,
): Promise<T> {
  const kv = calledAs.startsWith('edge ') || given.kv || given.local || isOther(given)
  if (!kv) return task(apiSwitchboard(given))
  if (given.api !== undefined || given.configFile !== undefined) {
    throw new Misuse('--api and --configFile are for a proxy with an API, and the others for KV')
  }
  return at(given, (place) => task(kvSwitchboard(place, given, print)))
}

const isOther = ({ 'namespace-id': id, wrangler, env, binding, key }: Target): boolean =>
  key !== undefined ||
  id !== undefined ||
  env !== undefined ||
  wrangler !== undefined ||
  binding !== where.binding.fallback

import { ConfigError } from '../../../src/contracts/kinds.ts'
import type { TokenStores } from '../../../src/contracts/token-store.ts'
import type { ObjectTokenStore } from './object-token-store.ts'
import type { SignalboxState } from './state-object.ts'

/** Longest time for an answer of the state that isolates share; whoever takes a plan over sets it. */
export interface StateTimeout {
  ms: number
}

/** Where a plan does not say. */
export const STATE_TIMEOUT_MS = 250

/** Stores that this platform has: one, in Durable Objects, loaded when it is first asked. */
export function sharedTokens(
  objects: DurableObjectNamespace<SignalboxState>,
  timeout: Readonly<StateTimeout> = { ms: STATE_TIMEOUT_MS },
): TokenStores {
  let store: ObjectTokenStore | null = null
  const load = async () => {
    const { ObjectTokenStore } = await import('./object-token-store.ts')
    store ??= new ObjectTokenStore(objects, timeout)
    return store
  }
  return {
    common: {
      takeTokens: (key, bucket) =>
        store === null ? load().then((loaded) => loaded.takeTokens(key, bucket)) : store.takeTokens(key, bucket),
    },
    open() {
      throw new ConfigError('creating redis limiter: there are no connections to Redis on this platform')
    },
  }
}

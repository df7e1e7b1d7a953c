import type { SignalboxState } from './state/state-object.ts'

/** Bindings and variables of the worker. */
export interface WorkerEnv {
  /** Holds the plan, the state of health and what operators have switched by hand; nothing is served without it. */
  readonly SIGNALBOX_KV?: KVNamespace
  /**
   * Where it is bound, rate limits hold for all isolates together, servers are checked every few seconds, and
   * `edge status` knows what isolates serve.
   */
  readonly SIGNALBOX_STATE?: DurableObjectNamespace<SignalboxState>
  /** Static assets: the folder `dist/dashboard`, for plans that route to the dashboard. */
  readonly SIGNALBOX_DASHBOARD?: Fetcher
  /** Ed25519 keys that may sign plans, base64url, separated by commas: several while one replaces another. */
  readonly SIGNALBOX_PUBLIC_KEYS?: string
  /**
   * Whom plans must be signed for: the name of the worker and its environment, `shop/production`. Without it only plans
   * are served that are signed for nobody in particular.
   */
  readonly SIGNALBOX_AUDIENCE?: string
  /**
   * A secret of any text: what scheduled runs find out about servers is sealed with a key that is derived from it.
   * Without it whoever can write into KV can take servers out, and put them back in.
   */
  readonly SIGNALBOX_HEALTH_SECRET?: string
  /** How old a plan may be, in ms, before a request makes the isolate look for a newer one; default 30000. */
  readonly SIGNALBOX_REFRESH_MS?: string
  /** Plans with a smaller revision are refused by new isolates too. */
  readonly SIGNALBOX_MIN_REVISION?: string
  /** `trace` to `panic`; default `info`. */
  readonly SIGNALBOX_LOG_LEVEL?: string
  /**
   * `true`: whoever calls this worker by a service binding or by `fetch` is believed about the client's address, which
   * is then what `CF-Connecting-IP` says. Otherwise it is unknown in such requests, as anybody could have written the
   * field.
   */
  readonly SIGNALBOX_TRUST_CALLER?: string
  /**
   * What a scheduled run checks: `all` servers (default, for one run a minute), or those that are `due` (`edge dev`,
   * also where SIGNALBOX_STATE is bound).
   */
  readonly SIGNALBOX_HEALTH_CHECKS?: string
}

/** The number in a variable, or the default where it is missing or none. */
export function numberOf(text: string | undefined, preset: number): number {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : preset
}

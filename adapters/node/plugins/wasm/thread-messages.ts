import type { MessagePort } from 'node:worker_threads'
import type {
  GuestRequest,
  GuestResponse,
  RequestOutcome,
  ResponseOutcome,
} from '../../../../src/engine/wasm/guest-exchange.ts'
import type { GuestLogLevel } from '../../../../src/engine/wasm/handler-imports.ts'
import type { Mount } from './mounts.ts'

/** What guests are started with. */
export interface GuestSetup {
  readonly module: WebAssembly.Module
  /** JSON text. */
  readonly config: string
  readonly environment: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
}

/** What a thread is started with. */
export interface GuestThreadData extends GuestSetup {
  readonly port: MessagePort
  /** Memory of a `Progress`. */
  readonly progress: SharedArrayBuffer
}

/** They come in lists: whoever is woken has several. A thread works on them in their order. */
export type GuestQuestion =
  | { readonly kind: 'request'; readonly call: number; readonly request: GuestRequest }
  /** @param session the call by which the request was asked about */
  | {
      readonly kind: 'response'
      readonly call: number
      readonly session: number
      readonly context: number
      readonly response: GuestResponse
    }

/** Likewise in lists. */
export type GuestReply =
  | { readonly kind: 'ready'; readonly features: number }
  /** There will be no guest: its start has ended like this. */
  | { readonly kind: 'unfit'; readonly reason: string }
  | { readonly kind: 'outcome'; readonly call: number; readonly outcome: RequestOutcome | ResponseOutcome }
  | { readonly kind: 'failed'; readonly call: number; readonly reason: string }
  | { readonly kind: 'log'; readonly level: GuestLogLevel; readonly message: string }

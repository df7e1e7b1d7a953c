import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import type { OpenApi } from './api.ts'
import type { Environment } from './environment.ts'

/** A record that proves that a name is ours (RFC 8555 §8.4). */
export interface DnsRecord {
  /** The name that is proved, without the asterisk of a wildcard. */
  readonly domain: string
  /** Where the record belongs, with a dot at the end; aliases are followed. */
  readonly fqdn: string
  /** Content of the TXT record. */
  readonly value: string
  readonly token: string
  readonly keyAuthorization: string
}

/** Where records are put. Messages of its errors hold no secret. */
export interface DnsProvider {
  present(record: DnsRecord, signal: AbortSignal): Promise<void>
  cleanUp(record: DnsRecord, signal: AbortSignal): Promise<void>
  /** How long a record may take to be seen, and how often it is looked for. */
  readonly timeoutMs: number
  readonly intervalMs: number
  /** Names are proved one after the other, with this pause in between; null: side by side. */
  readonly sequenceMs: number | null
}

export interface DnsProviderPorts {
  readonly env: Environment
  readonly clock: Clock
  readonly log: Logger
  /** Servers that zones are asked of: `host:port`; empty: those of the system. */
  readonly resolvers: readonly string[]
  /** How APIs are reached. */
  readonly openApi: OpenApi
}

/** @throws Error where variables are missing or can't be used */
export type CreateDnsProvider = (ports: DnsProviderPorts) => DnsProvider

/** lego's, unless variables say otherwise. */
export const DEFAULT_TIMEOUT_MS = 60_000
export const DEFAULT_INTERVAL_MS = 2_000
export const DEFAULT_TTL = 120

import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ApiAnswer,
  type ApiClient,
  type ApiClientOptions,
  createApiClient,
  type Query,
} from '../api-client/client.ts'
import type { ClientTls } from '../api-client/client-tls.ts'

/** How a Nomad is reached. */
export interface NomadOptions {
  readonly address: string
  readonly region: string
  readonly token: string
  readonly tls: ClientTls | undefined
  /** Empty: that of the token. */
  readonly namespace: string
}

type Environment = Readonly<Record<string, string | undefined>>

export interface Nomad {
  readonly client: ApiClient
  get(path: string, signal: AbortSignal, query?: Query): Promise<ApiAnswer>
  /**
   * The events of services, one a line; an empty one is a sign of life.
   * @param onOpen called when they can't be missed any more
   */
  events(signal: AbortSignal, onOpen: () => void): AsyncIterable<string>
  /** Rejects when there is no sign of life, or no leader. */
  pulse(signal: AbortSignal): Promise<never>
  close(): void
}

/** The option's default, for which a variable may stand. */
export const DEFAULT_ADDRESS = 'http://127.0.0.1:4646'
const TIMEOUT_MS = 10_000
/** Nomad sends a sign of life every 10 s. */
const SILENCE_MS = 14_000
const PULSE_EVERY_MS = 10_000
const PULSE_TIMEOUT_MS = 4_000

/**
 * Variables count where an option says nothing, as in Nomad's own client.
 * @throws Error where an option can't work
 */
export function createNomad(options: NomadOptions, env: Environment): Nomad {
  const address = options.address === DEFAULT_ADDRESS ? env.NOMAD_ADDR || options.address : options.address
  const token = options.token || env.NOMAD_TOKEN || ''
  const common: ApiClientOptions = {
    endpoint: address,
    tls: options.tls ?? {
      ca: env.NOMAD_CACERT,
      cert: env.NOMAD_CLIENT_CERT,
      key: env.NOMAD_CLIENT_KEY,
      insecureSkipVerify: /^(?:1|t|true)$/i.test(env.NOMAD_SKIP_VERIFY ?? ''),
    },
    headers: token === '' ? {} : { 'x-nomad-token': token },
    timeoutMs: TIMEOUT_MS,
  }
  const client = createApiClient(common)
  const heart = createApiClient({ ...common, maxSockets: 1, timeoutMs: PULSE_TIMEOUT_MS })
  const always: Query = {
    region: options.region || env.NOMAD_REGION || undefined,
    namespace: options.namespace || env.NOMAD_NAMESPACE || undefined,
  }
  return {
    client,
    get: (path, signal, query = {}) => client.get(path, { signal, query: { ...always, ...query } }),
    events: (signal, onOpen) =>
      client.lines(
        '/v1/event/stream',
        { signal, query: { ...always, topic: 'Service:*', index: 0 }, silenceMs: SILENCE_MS },
        onOpen,
      ),
    async pulse(signal) {
      for (;;) {
        await sleep(PULSE_EVERY_MS, undefined, { signal })
        const answer = await heart.get('/v1/status/leader', { signal, query: { region: always.region } })
        if (answer.json() === '') throw new Error('No cluster leader')
      }
    },
    close() {
      client.close()
      heart.close()
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { AwsV4Signer } from 'aws4fetch'
import { type ApiClient, createApiClient } from '../api-client/client.ts'
import { awsError, faultOf, isTransient } from './aws-error.ts'
import type { Credentials } from './credentials.ts'

export interface AwsClientOptions {
  readonly region: string
  readonly credentials: (signal: AbortSignal) => Promise<Credentials>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A request to one of the APIs. */
export interface AwsCall {
  /** As in host names and signatures: `ecs`, `ec2`, `ssm`. */
  readonly service: string
  /** For messages. */
  readonly action: string
  readonly contentType: string
  /** `X-Amz-Target`; empty: none. */
  readonly target: string
  readonly body: string
}

/** Signed calls to the APIs of a region. */
export interface AwsClient {
  /** The content of a success. A call that is throttled, or meets a failure of the server, waits and is sent again. */
  call(call: AwsCall, signal: AbortSignal): Promise<string>
  /** Where the tasks come from. */
  readonly peer: string
  close(): void
}

const MOST_ATTEMPTS = 6
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 3_000
const TIMEOUT_MS = 10_000
/** Throttles are counted in calls a second: many at once gain nothing. */
const AT_ONCE = 4
/** Every status: what it means stands in the content. */
const ANY_STATUS = Array.from({ length: 400 }, (_, at) => 200 + at)

export function createAwsClient({ region, credentials, env }: AwsClientOptions): AwsClient {
  const clients = new Map<string, ApiClient>()

  function clientFor(service: string): ApiClient {
    const endpoint = endpointOf(service, region, env)
    let client = clients.get(endpoint)
    if (client === undefined) {
      client = createApiClient({ endpoint, timeoutMs: TIMEOUT_MS, maxSockets: AT_ONCE })
      clients.set(endpoint, client)
    }
    return client
  }

  async function attempt({ service, contentType, target, body }: AwsCall, signal: AbortSignal) {
    const client = clientFor(service)
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials(signal)
    const signer = new AwsV4Signer({
      method: 'POST',
      url: `${client.peer}/`,
      headers: { 'content-type': contentType, ...(target === '' ? {} : { 'x-amz-target': target }) },
      body,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === '' ? {} : { sessionToken }),
      service,
      region,
    })
    const { headers } = await signer.sign()
    const { status, text } = await client.request('/', {
      method: 'POST',
      headers: Object.fromEntries(headers),
      body,
      signal,
      accept: ANY_STATUS,
      isRead: true,
    })
    return { status, content: text(), peer: client.peer }
  }

  async function call(wanted: AwsCall, signal: AbortSignal): Promise<string> {
    for (let tries = 1; ; tries++) {
      const { status, content, peer } = await attempt(wanted, signal)
      if (status === 200) return content
      const fault = faultOf(content)
      if (tries === MOST_ATTEMPTS || !isTransient(status, fault)) throw awsError(wanted.action, peer, status, fault)
      await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries), undefined, { signal })
    }
  }

  return {
    call,
    peer: clientFor('ecs').peer,
    close() {
      for (const client of clients.values()) client.close()
    },
  }
}

/** `AWS_ENDPOINT_URL`, or that of a service, counts over what the region says. */
export function endpointOf(service: string, region: string, env: Readonly<Record<string, string | undefined>>): string {
  const own = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env.AWS_ENDPOINT_URL || ''
  if (own !== '') return own.replace(/\/+$/, '')
  if (!/^[a-z0-9-]+$/.test(region)) throw new Error('the region is no name of one')
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

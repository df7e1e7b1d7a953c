import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls'
import type { WorkloadAddress } from '../../../../src/compiler/install/workload-address.ts'
import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import { parseSpiffeId, type SpiffePlan } from '../../../../src/plan/spiffe.ts'
import { GrpcError, startCall } from '../../grpc/call.ts'
import type { IdentitySource } from './identity-source.ts'
import { identityFault } from './server-identity.ts'
import { identityIn, type WorkloadIdentity } from './workload-message.ts'

const MAX_BYTES = 4 * 1024 * 1024
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** The API answers those alone who say so: whom somebody has had a request sent by does not (SPIFFE Workload Endpoint §3). */
const METADATA = { 'workload.spiffe.io': 'true' }

export interface WorkloadApiOptions {
  readonly address: WorkloadAddress
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Our identity and the authorities of others by the workload API of SPIFFE, followed for as long as the process lives. Once
 * the API is lost what it said last goes on.
 */
export class WorkloadApi implements IdentitySource {
  readonly #options: WorkloadApiOptions
  #identity: WorkloadIdentity | null = null
  /** By the trust domains that servers may be of. */
  #contexts = new Map<string, SecureContext>()
  #session: ClientHttp2Session | null = null
  #callOff: (() => void) | null = null
  #pauseMs = FIRST_PAUSE_MS
  #complaint: string | null = null
  #isClosed = false
  #hasIdentity = (): void => undefined

  constructor(options: WorkloadApiOptions) {
    this.#options = options
  }

  /** Begins to follow it. Resolves once the first identity is there, or after so long. */
  open(limitMs: number): Promise<void> {
    this.#follow()
    return new Promise((resolve) => {
      const callOff = this.#options.clock.after(limitMs, resolve)
      this.#hasIdentity = () => {
        callOff()
        resolve()
      }
    })
  }

  context(accepted: SpiffePlan): SecureContext {
    const identity = this.#identity
    if (identity === null) throw new Error('the workload API has not given an identity yet')
    const domains = domainsOf(accepted)
    const key = domains === null ? '' : domains.join(' ')
    let context = this.#contexts.get(key)
    if (context === undefined) {
      context = contextOf(identity, domains)
      this.#contexts.set(key, context)
    }
    return context
  }

  fault(accepted: SpiffePlan, certificate: PeerCertificate): Error | undefined {
    return identityFault(accepted, certificate, this.#identity?.authorities ?? new Map())
  }

  close(): void {
    this.#isClosed = true
    this.#callOff?.()
    this.#session?.destroy()
  }

  #follow(): void {
    const { address } = this.#options
    const session = connectHttp2('http://localhost', {
      createConnection: () => (address.kind === 'unix' ? connect(address.path) : connect(address.port, address.host)),
      settings: { enablePush: false },
    })
    this.#session = session
    // The call hears of it too.
    session.on('error', () => undefined)
    const call = { path: '/SpiffeWorkloadAPI/FetchX509SVID', metadata: METADATA, maxBytes: MAX_BYTES }
    const stream = startCall(session, call, {
      onMessage: (message) => this.#take(message),
      onEnd: (reason) => {
        session.destroy()
        this.#again(reason ?? new Error('the stream has ended'))
      },
    })
    stream.send(Buffer.alloc(0))
    stream.finish()
  }

  #take(message: Buffer): void {
    const { log } = this.#options
    try {
      const identity = identityIn(message)
      const isFirst = this.#identity === null
      this.#identity = identity
      this.#contexts = new Map()
      this.#pauseMs = FIRST_PAUSE_MS
      this.#complaint = null
      log.log(isFirst ? 'info' : 'debug', 'SPIFFE SVID obtained', {
        spiffeID: identity.id,
        notAfter: identity.notAfter.toISOString(),
        trustDomains: [...identity.authorities.keys()],
      })
      this.#hasIdentity()
    } catch (error) {
      this.#complain(
        `what the workload API says can’t be used: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  #again(reason: Error): void {
    if (this.#isClosed) return
    this.#complain(reason instanceof GrpcError ? `status ${reason.code}: ${reason.message}` : reason.message)
    this.#callOff = this.#options.clock.after(this.#pauseMs, () => this.#follow())
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2)
  }

  /** The same once. */
  #complain(reason: string): void {
    if (this.#complaint === reason) return
    this.#complaint = reason
    this.#options.log.log('error', 'The SPIFFE workload API is not available', {
      reason: reason.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 300),
      ...(this.#identity === null ? {} : { consequence: 'the last identity goes on' }),
    })
  }
}

/** Null: any. */
function domainsOf({ ids, trustDomain }: SpiffePlan): readonly string[] | null {
  const domains = ids.flatMap((text) => {
    const id = parseSpiffeId(text)
    return typeof id === 'string' ? [] : [id.trustDomain]
  })
  if (ids.length > 0) return [...new Set(domains)].sort()
  return trustDomain === '' ? null : [trustDomain]
}

function contextOf({ chain, key, authorities }: WorkloadIdentity, domains: readonly string[] | null): SecureContext {
  const roots = [...authorities].flatMap(([domain, all]) => (domains?.includes(domain) === false ? [] : all))
  return createSecureContext({
    cert: chain.join(''),
    key,
    // Without any, those of the system would count.
    ca: roots.map(String),
    allowPartialTrustChain: true,
    minVersion: 'TLSv1.2',
  })
}

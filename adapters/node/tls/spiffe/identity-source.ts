import type { PeerCertificate, SecureContext } from 'node:tls'
import type { SpiffePlan } from '../../../../src/plan/spiffe.ts'

/** Who we are to servers, and which authorities vouch for them (SPIFFE). What it says changes as time goes by. */
export interface IdentitySource {
  /** For a connection to a server that may have these identities. @throws Error where there is no identity to show */
  context(accepted: SpiffePlan): SecureContext
  /** What is wrong with the certificate of a server whose chain is good; undefined: nothing. */
  fault(accepted: SpiffePlan, certificate: PeerCertificate): Error | undefined
}

/** One that is there later than those who use it. */
export class LateIdentity implements IdentitySource {
  source: IdentitySource | null = null

  context(accepted: SpiffePlan): SecureContext {
    if (this.source === null) throw new Error('there is no source of identities yet')
    return this.source.context(accepted)
  }

  fault(accepted: SpiffePlan, certificate: PeerCertificate): Error | undefined {
    return this.source === null
      ? new Error('there is no source of identities yet')
      : this.source.fault(accepted, certificate)
  }
}

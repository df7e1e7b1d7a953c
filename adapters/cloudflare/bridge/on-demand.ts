import type { Body } from '../../../src/http/body.ts'
import type { ClientCertificate } from '../../../src/http/request-context.ts'
import type { WantedKinds } from '../../../src/plan/guide.ts'

/** What the network says of the certificate that a client has shown to it. */
export type ClientAuth = IncomingRequestCfPropertiesTLSClientAuth | IncomingRequestCfPropertiesTLSClientAuthPlaceholder

/** What few plans need of the platform: nothing of it is here before a plan has a middleware that asks for it. */
export const onDemand = {
  certificatesOf: (_: ClientAuth | undefined): readonly ClientCertificate[] => [],
  encoded: (_: Body): Body => {
    throw new Error('compress')
  },
}

const certificates = () => import('./read-certificates.ts')

const needs: Readonly<Record<string, () => Promise<Partial<typeof onDemand>>>> = {
  passTLSClientCert: certificates,
  authTLSPassCertificateToUpstream: certificates,
  compress: () => import('./encoded-body.ts'),
}

/** Loads what the middlewares of a plan ask for. */
export async function loadOnDemand({ middlewares }: Pick<WantedKinds, 'middlewares'>): Promise<void> {
  for (const kind of middlewares) if (Object.hasOwn(needs, kind)) Object.assign(onDemand, await needs[kind]!())
}

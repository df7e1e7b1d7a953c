import * as z from 'zod'
import { duration, emptyable, emptyBlock, flag, integer, text, texts } from '../../schema/scalars.ts'

/** `certificatesResolvers.NAME` (Traefik v3.7 `pkg/config/static/static_config.go`, `pkg/provider/acme`). */

const dnsChallengeSchema = emptyable(
  z.strictObject({
    provider: text().optional().describe('Code of the DNS provider.'),
    resolvers: texts().optional().describe('Name servers for the checks: `host:port`.'),
    propagation: emptyable(
      z.strictObject({
        disableChecks: flag().optional().describe('Do not wait for the record to spread.'),
        disableANSChecks: flag().optional().describe('Do not ask the authoritative servers.'),
        requireAllRNS: flag().optional().describe('Ask the recursive servers too.'),
        delayBeforeChecks: duration().optional().describe('Wait before the first check.'),
      }),
    )
      .optional()
      .describe('How to see that the record has spread.'),
    delayBeforeCheck: duration().optional().describe('Old name of `propagation.delayBeforeChecks`.'),
    disablePropagationCheck: flag().optional().describe('Old name of `propagation.disableChecks`.'),
  }),
)

const acmeSchema = z
  .strictObject({
    email: text().optional().describe('Contact of the account.'),
    caServer: text().default('https://acme-v02.api.letsencrypt.org/directory').describe('Directory of the authority.'),
    preferredChain: text().optional().describe('Common name of the root of the wanted chain.'),
    profile: text().optional().describe('Certificate profile.'),
    emailAddresses: texts().optional().describe('Addresses in the certificate request.'),
    disableCommonName: flag().optional().describe('No common name in the certificate request.'),
    storage: text()
      .default('acme.json')
      .describe('File for accounts and certificates; also a folder, `redis://…` or `kubernetes://NAMESPACE/SECRET`.'),
    keyType: text().default('RSA4096').describe('`EC256`, `EC384`, `RSA2048`, `RSA4096` or `RSA8192`.'),
    eab: z
      .strictObject({
        kid: text().optional().describe('Identifier of the key.'),
        hmacEncoded: text().optional().describe('The key, base64url.'),
      })
      .meta({ typeName: '*acme.EAB' })
      .optional()
      .describe('Binding to an account at the authority.'),
    certificatesDuration: integer().default(2160).describe('Hours that certificates are valid.'),
    clientTimeout: duration().default('2m0s').describe('Limit for an exchange with the authority.'),
    clientResponseHeaderTimeout: duration().default('30s').describe('Limit for the head of its answer.'),
    certificateTimeout: duration().default('30s').describe('Limit for the certificate to be issued.'),
    caCertificates: texts().optional().describe('Authorities to trust: paths or PEM texts.'),
    caSystemCertPool: flag().optional().describe('Trust those of the system too.'),
    caServerName: text().optional().describe('Name in the certificate of the authority.'),
    dnsChallenge: dnsChallengeSchema.optional().describe('DNS-01.'),
    httpChallenge: emptyable(
      z.strictObject({
        entryPoint: text().optional().describe('Entry point that the authority reaches on port 80.'),
        delay: duration().optional().describe('Wait before the challenge.'),
      }),
    )
      .optional()
      .describe('HTTP-01.'),
    onDemand: z
      .strictObject({
        ask: text()
          .optional()
          .meta({ ours: true })
          .describe('URL that is asked with `?domain=NAME` whether a name may have a certificate: 200 says yes.'),
        rate: z
          .strictObject({
            average: integer().default(10).meta({ ours: true }).describe('Certificates in a period.'),
            period: duration().default('1h0m0s').meta({ ours: true }).describe('The period.'),
          })
          .prefault({})
          .meta({ ours: true })
          .describe('How many certificates are ordered so.'),
      })
      .optional()
      .meta({ ours: true })
      .describe('Orders certificates at the first handshake for a name.'),
    tlsChallenge: emptyable(z.strictObject({ delay: duration().optional().describe('Wait before the challenge.') }))
      .optional()
      .describe('TLS-ALPN-01.'),
  })
  .meta({ typeName: '*acme.Configuration' })

/** `certificatesResolvers.NAME` */
export const certificateResolverSchema = z.strictObject({
  acme: acmeSchema.optional().describe('Certificates by ACME.'),
  tailscale: emptyBlock().optional().describe('Certificates by Tailscale.'),
})

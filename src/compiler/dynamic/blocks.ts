import * as z from 'zod'
import { emptyable, flag, integer, text, texts } from '../../schema/scalars.ts'

/** Blocks that several sections of the dynamic configuration share. */

/** A certificate and its key: paths or PEM texts. */
export const certificateFields = {
  certFile: text().optional().describe('Certificate with its chain: path or PEM.'),
  keyFile: text().optional().describe('Its key: path or PEM.'),
}

/** Names that a certificate is for. */
export const domainBlock = () =>
  z.strictObject({
    main: text().optional().describe('Main name.'),
    sans: texts().optional().describe('Further names.'),
  })

/** The `tls` block of HTTP routers and of entry points. */
export const routerTls = () =>
  emptyable(
    z.strictObject({
      options: text().optional().describe('Name of the TLS options.'),
      certResolver: text().optional().describe('Name of the certificate resolver.'),
      domains: z.array(domainBlock()).optional().describe('Names for the certificate; by default those of the rule.'),
    }),
  )

/** Limits for the heads of answers. */
export const answerLimits = () => ({
  maxResponseHeaderBytes: integer()
    .optional()
    .describe('Bytes that the head of an answer may have, by default 1 MiB; a larger one is answered by 500.')
    .meta({ ours: true }),
  maxResponseHeaderFields: integer()
    .optional()
    .describe('Fields that an answer may have, by default 1,000; one with more is answered by 500.')
    .meta({ ours: true }),
})

/** Accepted identities of servers. */
export const spiffeBlock = () =>
  emptyable(
    z.strictObject({
      ids: texts().optional().describe('SPIFFE identities that are accepted.'),
      trustDomain: text().optional().describe('Trust domain of which every identity is accepted.'),
    }),
    ['kv'],
  )

/** What may be recorded of requests. */
export const observabilityFields = {
  accessLogs: flag().optional().describe('Write access logs.'),
  metrics: flag().optional().describe('Count metrics.'),
  tracing: flag().optional().describe('Make spans.'),
}

/** Traefik skips each of these by itself. */
const ofProvidersAlone = { ignoredIn: ['file', 'label', 'kv'], takenByRest: true }

/** The object of a cluster that a router is made of. */
export const routerMetadata = () =>
  z
    .strictObject({
      ingress: z
        .strictObject({
          namespace: text().optional().describe('Its namespace.'),
          name: text().optional().describe('Its name.'),
          kind: text().optional().describe('`Ingress` or `IngressRoute`.'),
        })
        .meta(ofProvidersAlone)
        .optional()
        .describe('Object of Kubernetes that the router is made of.'),
    })
    .meta(ofProvidersAlone)
    .optional()
    .describe('Only providers say it.')

/** The service of a cluster that an HTTP service is made of. */
export const serviceObservability = () =>
  z
    .strictObject({
      metadata: z
        .strictObject({
          kubernetes: z
            .strictObject({
              namespace: text().optional().describe('Its namespace.'),
              name: text().optional().describe('Its name.'),
              port: text().optional().describe('Its port, as the reference has it.'),
            })
            .meta({ typeName: '*dynamic.KubernetesServiceMetadata' })
            .optional()
            .describe('Service of Kubernetes that the servers belong to.'),
        })
        .meta(ofProvidersAlone)
        .optional()
        .describe('What providers say.'),
    })
    .meta(ofProvidersAlone)
    .optional()
    .describe('Only providers say it.')

/** Names of which the certificate of a server must have one. */
export const alternativeNames = () =>
  z
    .array(
      z.strictObject({
        type: text().optional().meta({ ours: true }).describe('`DNSName` or `URI`.'),
        value: text().optional().meta({ ours: true }).describe('The name.'),
      }),
    )
    .meta({ ours: true })

import * as z from 'zod'
import { duration, emptyable, flag, integer, text, textMap, texts } from '../../schema/scalars.ts'
import { answerLimits } from '../dynamic/blocks.ts'
import { spiffeClientBlock } from './blocks.ts'
import { certificateResolverSchema } from './certificates.ts'
import { entryPointSchema } from './entry-points.ts'
import { accessLogSchema, logSchema, metricsSchema, pingSchema, readySchema, tracingSchema } from './observability.ts'
import { providerSchemas } from './providers/providers.ts'

/** The install ("static") configuration (Traefik v3.7 `pkg/config/static/static_config.go`). */

const globalSchema = z
  .strictObject({
    checkNewVersion: flag().default(true).describe('Look for newer releases; without effect.'),
    sendAnonymousUsage: flag().optional().describe('Send usage data; without effect.'),
    notAppendXForwardedFor: flag().optional().describe('Leave the peer out of X-Forwarded-For everywhere.'),
  })
  .meta({ typeName: '*static.Global' })

const edgeSchema = z
  .strictObject({
    entryPoints: z
      .strictObject({
        http: text()
          .optional()
          .meta({ ours: true })
          .describe('Entry point whose routers answer http requests, by default `web`.'),
        https: texts()
          .optional()
          .meta({ ours: true })
          .describe(
            'Entry points whose routers answer https requests, the first ones first, by default `websecure` and `web`.',
          ),
      })
      .optional()
      .meta({ ours: true })
      .describe('Entry points by the scheme of a request.'),
    stateTimeout: duration()
      .optional()
      .meta({ ours: true })
      .describe('Longest wait for the state that isolates share, by default 250ms; then `onStateError` decides.'),
  })
  .meta({ ours: true })
  .describe('Where a platform listens and ends TLS (Cloudflare Workers).')

const serversTransportSchema = z
  .strictObject({
    insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
    rootCAs: texts().optional().describe('Certificate authorities: paths or PEM texts.'),
    maxIdleConnsPerHost: integer().default(200).describe('Idle connections kept to a server; 0: two; negative: none.'),
    forwardingTimeouts: z
      .strictObject({
        dialTimeout: duration().default('30s').describe('Limit for connecting; 0: none.'),
        responseHeaderTimeout: duration().optional().describe('Limit for the head of the response; 0: none.'),
        idleConnTimeout: duration().default('1m30s').describe('Time an idle connection is kept; 0: for ever.'),
      })
      .meta({ typeName: '*static.ForwardingTimeouts' })
      .optional()
      .describe('Time limits.'),
    spiffe: spiffeClientBlock().optional().describe('Identities of servers that are accepted.'),
    ...answerLimits(),
  })
  .meta({ typeName: '*static.ServersTransport' })

const tcpServersTransportSchema = z
  .strictObject({
    dialKeepAlive: duration().default('15s').describe('Time between keep-alive probes.'),
    dialTimeout: duration().default('30s').describe('Limit for connecting.'),
    terminationDelay: duration().optional().describe('Without effect here.'),
    tls: emptyable(
      z.strictObject({
        insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
        rootCAs: texts().optional().describe('Certificate authorities: paths or PEM texts.'),
        spiffe: spiffeClientBlock().optional().describe('Identities of servers that are accepted.'),
      }),
    )
      .optional()
      .describe('TLS to servers.'),
  })
  .meta({ typeName: '*static.TCPServersTransport' })

const apiSchema = emptyable(
  z.strictObject({
    basePath: text().default('/').describe('Path in front of all paths of the API and the dashboard.'),
    insecure: flag().optional().describe('Serve it on the entry point `traefik`, to anyone.'),
    dashboard: flag().default(true).describe('Serve the dashboard.'),
    control: flag()
      .optional()
      .meta({ ours: true })
      .describe('Take commands too: drain servers, switch maintenance pages.'),
    debug: flag().optional().describe('Serve profiles and numbers of the process below `/debug/`.'),
    disableDashboardAd: flag().optional().describe('No advertisement in the dashboard.'),
    dashboardName: text().optional().describe('Name shown in the dashboard.'),
  }),
)

const pluginSettingsSchema = z
  .strictObject({
    envs: texts().optional().describe('Environment variables that the plug-in may read.'),
    mounts: texts().optional().describe('Folders that it may use: `HOST[:GUEST][:ro]`.'),
    useUnsafe: flag().optional().describe('Let it use unsafe packages.'),
    timeout: duration()
      .optional()
      .meta({ ours: true })
      .describe('Longest time for a call of a plug-in in WebAssembly on Node, by default `1s`.'),
  })
  .meta({ typeName: 'plugins.Settings' })

const pluginFields = {
  moduleName: text().optional().describe('Name of the module.'),
  settings: pluginSettingsSchema.prefault({}).describe('What the plug-in may do.'),
}

const experimentalSchema = z
  .strictObject({
    plugins: z
      .record(
        z.string(),
        z.strictObject({
          ...pluginFields,
          version: text().optional().describe('Version of the module.'),
          hash: text().optional().describe('Checksum of the module.'),
        }),
      )
      .meta({ typeName: 'map[string]plugins.Descriptor' })
      .optional()
      .describe('Plug-ins by name.'),
    localPlugins: z
      .record(
        z.string(),
        z.strictObject({
          ...pluginFields,
          module: text()
            .optional()
            .meta({ ours: true })
            .describe(
              'File (`./stamp.ts`, from the working directory) or package whose default export is the plug-in.',
            ),
        }),
      )
      .meta({ typeName: 'map[string]plugins.LocalDescriptor' })
      .optional()
      .describe('Plug-ins of this machine by name.'),
    pluginCatalogue: text()
      .optional()
      .meta({ ours: true })
      .describe('Where archives of plug-ins are asked for, by default `https://plugins.traefik.io/public/`.'),
    abortOnPluginFailure: flag().optional().describe('Do not start when a plug-in fails.'),
    fastProxy: emptyable(z.strictObject({ debug: flag().optional().describe('Mark what it has handled.') }))
      .optional()
      .describe('Without effect: there is one engine.'),
    otlpLogs: flag().optional().describe('Permit logs by OpenTelemetry.'),
    knative: flag().optional().describe('Permit the Knative provider.'),
    kubernetesIngressNGINX: flag().optional().describe('Without effect; deprecated.'),
    kubernetesGateway: flag().optional().describe('Without effect; deprecated.'),
  })
  .meta({ typeName: '*static.Experimental' })

/** The schema, with the option blocks of the providers that exist. */
export const installSchema = <P extends Readonly<Record<string, z.ZodType>>>(providers: P) =>
  z.strictObject({
    global: globalSchema.prefault({}).describe('What holds everywhere.'),
    edge: edgeSchema.optional(),
    serversTransport: serversTransportSchema
      .prefault({})
      .describe('Connections to servers unless a service says otherwise.'),
    tcpServersTransport: tcpServersTransportSchema.prefault({}).describe('The same for TCP.'),
    entryPoints: z
      .record(z.string(), entryPointSchema)
      .meta({ typeName: 'static.EntryPoints' })
      .optional()
      .describe('Where to listen, by name.'),
    providers: z
      .strictObject({
        providersThrottleDuration: duration()
          .default('2s')
          .describe('Least time between configurations of a provider.'),
        cache: text()
          .optional()
          .describe('File for what providers said last: who is silent at the start is served from it.')
          .meta({ ours: true }),
        precedence: texts().optional().describe('Providers, the one that wins between equal priorities first.'),
        ...providers,
      })
      .meta({ typeName: '*static.Providers' })
      // Every option of every provider is optional, which TypeScript cannot see of a type parameter.
      .prefault({} as never)
      .describe('Where dynamic configuration comes from.'),
    api: apiSchema.optional().describe('The API and the dashboard.'),
    metrics: metricsSchema.optional(),
    ping: pingSchema.optional(),
    ready: readySchema.optional(),
    log: logSchema.optional(),
    accessLog: accessLogSchema.optional(),
    tracing: tracingSchema.optional(),
    hostResolver: emptyable(
      z.strictObject({
        cnameFlattening: flag().optional().describe('Follow CNAME records.'),
        resolvConfig: text().default('/etc/resolv.conf').describe('File that names the servers to ask.'),
        resolvDepth: integer().default(5).describe('How many records to follow.'),
      }),
    )
      .optional()
      .describe('Which names a Host rule means.'),
    certificatesResolvers: z
      .record(z.string(), certificateResolverSchema)
      .meta({ typeName: 'map[string]static.CertificateResolver' })
      .optional()
      .describe('Where certificates come from, by name.'),
    experimental: experimentalSchema.optional().describe('Features that may change.'),
    core: z
      .strictObject({
        defaultRuleSyntax: text().default('v3').describe('Syntax of rules: `v3` or `v2`; deprecated.'),
        maxBufferedBytes: integer()
          .optional()
          .describe('Bytes of content that all exchanges together may keep in memory, by default 256 MiB; then 503.')
          .meta({ ours: true }),
        strictTLSOptions: flag().optional().describe('Refuse routers of one host with conflicting TLS options.'),
      })
      .meta({ typeName: '*static.Core' })
      .optional()
      .describe('Routing.'),
    spiffe: z
      .strictObject({ workloadAPIAddr: text().optional().describe('Address of the workload API.') })
      .meta({ typeName: '*static.SpiffeClientConfig' })
      .optional()
      .describe('Identity of the proxy.'),
    ocsp: emptyable(z.strictObject({ responderOverrides: textMap().optional().describe('Other responder by URL.') }))
      .optional()
      .describe('OCSP stapling.'),
  })

/** With the providers of Traefik. */
export const traefikInstallSchema = installSchema(providerSchemas)

/** The install configuration with the defaults of its options filled in. */
export type InstallConfig = z.output<typeof traefikInstallSchema>

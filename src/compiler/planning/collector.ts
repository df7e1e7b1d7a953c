import { isSecretName } from '../../http/secrets.ts'
import type { ConfigProblem } from '../../plan/problem.ts'
import type { CollectorPlan } from '../../plan/telemetry.ts'
import { PrepareError } from '../../schema/element.ts'
import type { InstallConfig } from '../install/install.ts'
import { hasReference } from '../secret-references.ts'
import { markSecrets } from './secret-marks.ts'

/** Blocks with texts in which a reference stays one where a plan is made for Workers. */
const BLOCKS = ['tracing', 'metrics'] as const

/** Whether a text of the install file is put in by the worker and not before: it would be published in the clear. */
export function isPutInByWorker(path: readonly (string | number)[]): boolean {
  const [block, ...rest] = path.map((key) => String(key).toLowerCase())
  const place = ['otlp', 'http', 'headers']
  return BLOCKS.some((name) => name === block) && rest.length === 4 && place.every((key, at) => rest[at] === key)
}

/** Where a worker sends spans and numbers, and what is not there as it is on Node. */
export interface CollectorPlanning {
  /** Null: nowhere. */
  readonly collector: CollectorPlan | null
  readonly metricsCollector: CollectorPlan | null
  readonly problems: readonly ConfigProblem[]
}

type Note = (severity: ConfigProblem['severity'], path: readonly string[], message: string, hint: string) => void

/** A block that says who sends what to whom. */
interface Sent {
  readonly http: NonNullable<NonNullable<InstallConfig['tracing']>['otlp']>['http']
  readonly grpc?: unknown
  readonly serviceName: string
  readonly resourceAttributes: Readonly<Record<string, string>>
}

/** The collectors of an install configuration for Workers, which send by HTTP and with `fetch` alone. */
export function planCollector({ tracing, metrics, accessLog, log }: InstallConfig): CollectorPlanning {
  const problems: ConfigProblem[] = []
  const note: Note = (severity, path, message, hint) =>
    void problems.push({ severity, message: `edge: ${message}`, hint, provider: null, path, position: null })
  const { otlp, addInternals: _, ...others } = metrics ?? {}
  for (const name of Object.keys(others).filter((key) => others[key as keyof typeof others] !== undefined)) {
    const hint = 'send by metrics.otlp, or keep it for Node'
    note('warning', ['metrics', name], 'nothing is counted for it: numbers of one isolate of many mean nothing', hint)
  }
  if (accessLog?.otlp !== undefined) {
    note(
      'warning',
      ['accessLog', 'otlp'],
      'lines are written to the console',
      'have Logpush or a Tail Worker take them',
    )
  }
  if (log?.otlp !== undefined) note('warning', ['log', 'otlp'], 'the log is written to the console', 'take it away')
  const spans = tracing === undefined ? null : { ...tracing, ...tracing.otlp }
  return {
    collector: spans === null ? null : collectorOf(sentBy(spans, tracing?.globalAttributes), SPANS, note),
    metricsCollector: otlp === undefined ? null : collectorOf(sentBy(otlp), NUMBERS, note),
    problems,
  }
}

const sentBy = (
  block: Pick<Sent, 'http' | 'grpc' | 'serviceName'> & {
    readonly resourceAttributes?: Readonly<Record<string, string>> | undefined
  },
  attributes: Readonly<Record<string, string>> = {},
): Sent => ({ ...block, resourceAttributes: block.resourceAttributes ?? attributes })

/** What is sent, and where its block is. */
interface Kind {
  readonly place: readonly string[]
  readonly path: string
  /** What there is without gRPC. */
  readonly without: string
}

const SPANS: Kind = {
  place: ['tracing', 'otlp'],
  path: '/v1/traces',
  without: 'no spans are sent: there is no gRPC, and traces are only handed on',
}

const NUMBERS: Kind = {
  place: ['metrics', 'otlp'],
  path: '/v1/metrics',
  without: 'no numbers are sent: there is no gRPC',
}

function collectorOf(sent: Sent, { place, path, without }: Kind, note: Note): CollectorPlan | null {
  const { http, grpc, serviceName, resourceAttributes } = sent
  if (grpc !== undefined) {
    note('warning', [...place, 'grpc'], without, `name a collector in ${place.join('.')}.http`)
    return null
  }
  const block = [...place, 'http']
  const url = urlOf(http.endpoint, path)
  if (url === null) {
    note('error', [...block, 'endpoint'], 'this is no URL of a collector', 'write https://HOST:PORT, or with a path')
    return null
  }
  if (http.tls !== undefined) {
    note(
      'warning',
      [...block, 'tls'],
      'TLS is the platform’s: it has no effect',
      'use a certificate that browsers trust',
    )
  }
  const { headers = {} } = http
  for (const [name, text] of Object.entries(headers)) {
    if (hasReference(text, ['env', 'file'])) {
      const hint = `write \${secret:NAME}: a secret of the Worker`
      note('error', [...block, 'headers', name], 'variables and files of a machine are not there', hint)
    } else if (isSecretName(name) && !hasReference(text)) {
      const hint = `write \${secret:NAME} and put the text in by "npx wrangler secret put NAME"`
      note('warning', [...block, 'headers', name], 'this is published in the clear, and in the history too', hint)
    }
  }
  try {
    const { options, secrets } = markSecrets(headers)
    return {
      url,
      headers: options as CollectorPlan['headers'],
      ...(secrets.length === 0 ? {} : { secrets }),
      serviceName,
      resourceAttributes,
    }
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    note('error', [...block, 'headers'], error.message, `write \${secret:NAME} with letters, digits and _`)
    return null
  }
}

/** With the standard path, where it has none; null: it is none. */
function urlOf(endpoint: string, path: string): string | null {
  const url = URL.parse(endpoint)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '') return null
  return /^[a-z]+:\/\/[^/?#]*\//i.test(endpoint) ? url.href : new URL(path, url).href
}

import { isSecretName } from '../../http/secrets.ts'
import type { ConfigProblem } from '../../plan/problem.ts'
import type { CollectorPlan } from '../../plan/telemetry.ts'
import { PrepareError } from '../../schema/element.ts'
import type { InstallConfig } from '../install/install.ts'
import { hasReference } from '../secret-references.ts'
import { markSecrets } from './secret-marks.ts'

/** Keys of the texts in which a reference stays one where a plan is made for Workers. */
const HEADERS = ['tracing', 'otlp', 'http', 'headers'] as const

/** Whether a text of the install file is put in by the worker and not before: it would be published in the clear. */
export const isPutInByWorker = (path: readonly (string | number)[]): boolean =>
  path.length === HEADERS.length + 1 && HEADERS.every((key, at) => String(path[at]).toLowerCase() === key)

/** Where a worker sends spans, and what is not there as it is on Node. */
export interface CollectorPlanning {
  /** Null: nowhere. */
  readonly collector: CollectorPlan | null
  readonly problems: readonly ConfigProblem[]
}

/** The collector of an install configuration for Workers, which send by HTTP and with `fetch` alone. */
export function planCollector({ tracing, metrics, accessLog, log }: InstallConfig): CollectorPlanning {
  const problems: ConfigProblem[] = []
  const note = (severity: ConfigProblem['severity'], path: readonly string[], message: string, hint: string): void =>
    void problems.push({ severity, message: `edge: ${message}`, hint, provider: null, path, position: null })
  if (metrics !== undefined) {
    const hint = 'keep it for Node; spans, access lines and the figures of the platform say what Workers do'
    note('warning', ['metrics'], 'nothing is counted: numbers of one isolate of many mean nothing', hint)
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
  if (tracing === undefined) return { collector: null, problems }
  const { grpc, http } = tracing.otlp
  const place = ['tracing', 'otlp', 'http']
  if (grpc !== undefined) {
    const message = 'no spans are sent: there is no gRPC, and traces are only handed on'
    note('warning', ['tracing', 'otlp', 'grpc'], message, 'name a collector in tracing.otlp.http')
    return { collector: null, problems }
  }
  const url = urlOf(http.endpoint)
  if (url === null) {
    note('error', [...place, 'endpoint'], 'this is no URL of a collector', 'write https://HOST:PORT, or with a path')
    return { collector: null, problems }
  }
  if (http.tls !== undefined) {
    note(
      'warning',
      [...place, 'tls'],
      'TLS is the platform’s: it has no effect',
      'use a certificate that browsers trust',
    )
  }
  const { headers = {} } = http
  for (const [name, text] of Object.entries(headers)) {
    if (hasReference(text, ['env', 'file'])) {
      const hint = `write \${secret:NAME}: a secret of the Worker`
      note('error', [...place, 'headers', name], 'variables and files of a machine are not there', hint)
    } else if (isSecretName(name) && !hasReference(text)) {
      const hint = `write \${secret:NAME} and put the text in by "npx wrangler secret put NAME"`
      note('warning', [...place, 'headers', name], 'this is published in the clear, and in the history too', hint)
    }
  }
  try {
    const { options, secrets } = markSecrets(headers)
    const { serviceName, resourceAttributes = tracing.globalAttributes ?? {} } = tracing
    return {
      collector: {
        url,
        headers: options as CollectorPlan['headers'],
        ...(secrets.length === 0 ? {} : { secrets }),
        serviceName,
        resourceAttributes,
      },
      problems,
    }
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    note('error', [...place, 'headers'], error.message, `write \${secret:NAME} with letters, digits and _`)
    return { collector: null, problems }
  }
}

/** With the standard path, where it has none; null: it is none. */
function urlOf(endpoint: string): string | null {
  const url = URL.parse(endpoint)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '') return null
  return /^[a-z]+:\/\/[^/?#]*\//i.test(endpoint) ? url.href : new URL('/v1/traces', url).href
}

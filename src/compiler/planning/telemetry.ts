import type { AccessLogPlan, FieldMode, TelemetryPlan } from '../../plan/telemetry.ts'
import { durationMs } from '../../schema/duration.ts'
import type { InstallConfig } from '../install/install.ts'

/** What is told of exchanges, as the install configuration has it. */
export const planTelemetry = ({ accessLog }: InstallConfig): TelemetryPlan => ({
  accessLog: accessLog === undefined ? null : planAccessLog(accessLog),
})

type AccessLog = NonNullable<InstallConfig['accessLog']>

function planAccessLog(accessLog: AccessLog): AccessLogPlan {
  const { fields, filters, format } = accessLog
  return {
    format: format === 'json' || format === 'genericCLF' ? format : 'common',
    addInternals: accessLog.addInternals ?? false,
    ...(accessLog.sample === undefined ? {} : { sample: accessLog.sample }),
    filters: {
      statusCodes: (filters?.statusCodes ?? []).map(statusRange),
      retryAttempts: filters?.retryAttempts ?? false,
      minDurationMs: durationMs(filters?.minDuration ?? '0s'),
    },
    fields: {
      defaultMode: modeOf(fields?.defaultMode, 'keep'),
      names: modesOf(fields?.names),
      headers: { defaultMode: modeOf(fields?.headers?.defaultMode, 'drop'), names: modesOf(fields?.headers?.names) },
      queryParameters: { defaultMode: modeOf(fields?.queryParameters?.defaultMode, 'keep') },
    },
  }
}

function statusRange(text: string): readonly [number, number] {
  const [first = '', last = first] = text.split('-').map((part) => part.trim())
  return [Number(first), Number(last)]
}

const modeOf = (text: string | undefined, otherwise: FieldMode): FieldMode =>
  text === 'keep' || text === 'drop' || text === 'redact' ? text : otherwise

const modesOf = (names: Readonly<Record<string, string>> | undefined): Record<string, FieldMode> =>
  Object.fromEntries(Object.entries(names ?? {}).map(([name, mode]) => [name, modeOf(mode, 'keep')]))

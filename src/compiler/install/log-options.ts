import type { InstallConfig } from './install.ts'

/** The `log` block with its defaults (Traefik v3.7 `pkg/types/logs.go`). */
export interface LogOptions {
  /** In any case; one that does not exist means `error`, and is reported. */
  readonly level: string
  readonly format: 'common' | 'json'
  readonly noColor: boolean
  /** Null: standard output. */
  readonly filePath: string | null
  /** 0: no limit, for each of these. */
  readonly maxSizeMegabytes: number
  readonly maxAgeDays: number
  readonly maxBackups: number
  /** Sent by OpenTelemetry too; absent: it is not. */
  readonly otlp?: NonNullable<NonNullable<InstallConfig['log']>['otlp']>
}

export function logOptions({ log }: InstallConfig): LogOptions {
  return {
    level: log?.level ?? 'ERROR',
    format: log?.format === 'json' ? 'json' : 'common',
    noColor: log?.noColor ?? false,
    filePath: log?.filePath || null,
    maxSizeMegabytes: log?.maxSize ?? 0,
    maxAgeDays: log?.maxAge ?? 0,
    maxBackups: log?.maxBackups ?? 0,
    ...(log?.otlp === undefined ? {} : { otlp: log.otlp }),
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ApiOptions } from '../../src/api/api.ts'
import type { Control } from '../../src/api/control.ts'
import type { InstallConfig } from '../../src/compiler/install/install.ts'
import { providerDefinitions } from '../../src/compiler/install/providers/providers.ts'
import { visible } from '../../src/compiler/planning/definition.ts'
import { durationMs } from '../../src/schema/duration.ts'
import { CODENAME, VERSION } from '../../src/version.ts'
import type { EntryPointHttpOptions } from './http/accept.ts'
import type { Http2Options } from './http2/server-session.ts'
import type { LifeCycle } from './listen/graceful-stop.ts'
import type { LoggerOptions } from './telemetry/logger.ts'

/** How the install configuration reads for the parts of this adapter: times in milliseconds, defaults filled in. */

export type EntryPointOptions = NonNullable<InstallConfig['entryPoints']>[string]

/** Every matcher and middleware may look through all of them. */
const DEFAULT_HEADER_FIELDS = 1000

export function httpOptions(entryPoint: string, { http, transport }: EntryPointOptions): EntryPointHttpOptions {
  const timeouts = transport.respondingTimeouts
  return {
    entryPoint,
    maxHeaderBytes: http.maxHeaderBytes,
    maxHeaderFields: http.maxHeaderFields || DEFAULT_HEADER_FIELDS,
    readTimeoutMs: durationMs(timeouts.readTimeout),
    writeTimeoutMs: durationMs(timeouts.writeTimeout ?? '0s'),
    idleTimeoutMs: durationMs(timeouts.idleTimeout),
    keepAliveMaxRequests: transport.keepAliveMaxRequests ?? 0,
    keepAliveMaxTimeMs: durationMs(transport.keepAliveMaxTime ?? '0s'),
  }
}

export function http2Options({ http2 }: EntryPointOptions): Http2Options {
  return {
    maxConcurrentStreams: http2?.maxConcurrentStreams ?? 250,
    maxDecoderHeaderTableSize: http2?.maxDecoderHeaderTableSize ?? 4096,
    maxEncoderHeaderTableSize: http2?.maxEncoderHeaderTableSize ?? 4096,
  }
}

export function lifeCycle({ transport }: EntryPointOptions): LifeCycle {
  const { requestAcceptGraceTimeout, graceTimeOut } = transport.lifeCycle
  return {
    requestAcceptGraceTimeoutMs: durationMs(requestAcceptGraceTimeout ?? '0s'),
    graceTimeOutMs: durationMs(graceTimeOut),
  }
}

export function loggerOptions({ log }: InstallConfig): LoggerOptions {
  return {
    level: log?.level ?? 'ERROR',
    format: log?.format === 'json' ? 'json' : 'common',
    noColor: log?.noColor ?? false,
    filePath: log?.filePath || null,
    maxSizeMegabytes: log?.maxSize ?? 0,
    maxAgeDays: log?.maxAge ?? 0,
    maxBackups: log?.maxBackups ?? 0,
  }
}

/** @param control taken where the configuration lets the API take commands */
export function apiOptions(install: InstallConfig, startDate: Date, control: Control): ApiOptions {
  const { api, providers } = install
  // Node loads its Fetch when somebody first uses it, which takes longer than a request may hold the others up.
  void globalThis.Request
  const named = providers as Readonly<Record<string, unknown>> | undefined
  return {
    basePath: api?.basePath ?? '/',
    dashboard: api?.dashboard ?? true,
    disableDashboardAd: api?.disableDashboardAd ?? false,
    dashboardName: api?.dashboardName ?? '',
    entryPoints: Object.fromEntries(
      Object.entries(install.entryPoints ?? {}).map(([name, options]) => [name, visible(options)]),
    ),
    features: { tracing: '', metrics: '', accessLog: install.accessLog !== undefined },
    providers: Object.entries(providerDefinitions).flatMap(([name, { goName }]) =>
      goName === null || named?.[name] === undefined ? [] : [goName],
    ),
    version: VERSION,
    codename: CODENAME,
    startDate,
    control: api?.control === true ? control : null,
    turn: () => nextTurn(),
  }
}

import type { Logger } from '../../src/contracts/ports.ts'

/** What `run` does on a signal. */
export interface SignalActions {
  /** HUP: reads the files of the file provider again. */
  reload(): void
  /** USR1: opens the log files anew. */
  reopenLogs(): void
}

/**
 * By default the system ends a process on these; Go's runtime catches them and does nothing, and so Traefik lives on.
 */
const HARMLESS = [
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGPWR',
  'SIGXCPU',
  'SIGSTKFLT',
] as const satisfies readonly NodeJS.Signals[]

/** Node takes this one for itself while it records a profile. */
const isProfiled = () => /--(?:cpu-)?prof\b/.test([...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' '))

/** From now on no signal ends the process by surprise: reload, rotation, and a warning for what means nothing here. */
export function handleSignals(log: Logger, { reload, reopenLogs }: SignalActions): void {
  process.on('SIGHUP', reload)
  process.on('SIGUSR1', reopenLogs)
  for (const signal of HARMLESS) {
    if (signal === 'SIGPROF' && isProfiled()) continue
    listen(signal, () => log.log('warn', `${signal} means nothing to Signalbox and is ignored`))
  }
}

/** Resolves on INT, TERM or QUIT; a second one of them does not wait for anybody. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve()
      })
    }
  })
}

function listen(signal: NodeJS.Signals, listener: () => void): void {
  try {
    process.on(signal, listener)
  } catch {
    // This system has no such signal, so nobody can send it.
  }
}

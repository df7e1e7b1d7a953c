import { isatty } from 'node:tty'
import type { LogOptions } from '../../../src/compiler/install/log-options.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import { createLog, parseLevel } from '../../../src/telemetry/log/log.ts'
import { LineSink } from './line-sink.ts'
import { LogRecords } from './log-records.ts'
import { RotatingFile } from './rotating-file.ts'

/** The application log and how to end it. */
export interface NodeLogger extends Logger {
  /** Writes what waits, now: before the process ends on an error. */
  flush(): void
  /** Goes on in a new file of the same name, after the old one was moved away. */
  reopen(): void
  close(): Promise<void>
}

/** Makes the application log; throws when its file can't be opened. */
export function createLogger(options: LogOptions, clock: Pick<Clock, 'date'>): NodeLogger {
  const { filePath: path } = options
  // The log can't say in itself that it can't be written.
  const report = (message: string): void => void process.stderr.write(`${message}\n`)
  const rotation = path === null ? undefined : new RotatingFile(path, options, () => clock.date(), report)
  const sink = new LineSink({ path, report, ...(rotation === undefined ? {} : { rotation }) })
  const level = parseLevel(options.level)
  const color = !options.noColor && path === null && isatty(1)
  const records = options.otlp === undefined ? null : new LogRecords(options.otlp, (entry) => logger.log(...entry))
  const logger: Logger = createLog(
    { level: level ?? 'error', format: options.format, color },
    (line) => sink.write(line),
    clock,
    records === null ? null : (entry) => records.add(entry),
  )
  if (level === null) logger.log('error', 'Invalid log level, using error', { logLevel: options.level })
  return {
    log: (entryLevel, message, fields) => logger.log(entryLevel, message, fields),
    flush: () => sink.flush(),
    reopen: () => sink.reopen(),
    async close() {
      await records?.close()
      await sink.close()
      await rotation?.settled()
    },
  }
}

import type { Clock, Logger, LogLevel } from '../../contracts/ports.ts'
import { isSecretName, maskSecrets } from '../../http/secrets.ts'
import { escapeJson, escapeText } from '../escape.ts'
import { localTime, perSecond } from '../timestamp.ts'

/** Options of the application log, decoded. */
export interface LogOptions {
  /** The least level that is written. */
  readonly level: LogLevel
  readonly format: 'common' | 'json'
  /** Terminal colours in the common format. */
  readonly color: boolean
}

/** A line in its parts, without secrets. */
export interface LogEntry {
  readonly level: LogLevel
  readonly message: string
  /** As JSON can hold them. */
  readonly fields: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly at: number
}

const ranks: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5, panic: 6 }

/** A configured level in any case; null when there is no such level. */
export function parseLevel(text: string): LogLevel | null {
  const level = text.toLowerCase()
  return Object.hasOwn(ranks, level) ? (level as LogLevel) : null
}

/**
 * The application log in Traefik's formats (zerolog's console and JSON lines). One line per call whatever is logged;
 * fields named like secrets, and user information and queries of URLs, are masked.
 * @param write takes a line with its newline
 * @param record takes what the line says, in its parts
 */
export function createLog(
  options: LogOptions,
  write: (line: string) => void,
  clock: Pick<Clock, 'date'>,
  record: ((entry: LogEntry) => void) | null = null,
): Logger {
  const least = ranks[options.level]
  const timeOf = perSecond(localTime)
  const format = options.format === 'json' ? jsonLine : options.color ? colorLine : plainLine
  return {
    log(level, message, fields = {}) {
      if (ranks[level] < least) return
      const at = clock.date().getTime()
      const safe = mask(message)
      const cleaned = clean(fields)
      record?.({ level, message: safe, fields: cleaned, at })
      write(`${format(level, safe, cleaned, timeOf(at))}\n`)
    },
  }
}

type CleanFields = Readonly<Record<string, unknown>>

function jsonLine(level: LogLevel, message: string, fields: CleanFields, time: string): string {
  const entry: Record<string, unknown> = { level, ...fields }
  // Own keys win over fields of the same name.
  return escapeJson(JSON.stringify({ ...entry, level, time, message }))
}

const shortLevels: Readonly<Record<LogLevel, string>> = {
  trace: 'TRC',
  debug: 'DBG',
  info: 'INF',
  warn: 'WRN',
  error: 'ERR',
  fatal: 'FTL',
  panic: 'PNC',
}

function plainLine(level: LogLevel, message: string, fields: CleanFields, time: string): string {
  let line = `${time} ${shortLevels[level]}`
  if (message !== '') line += ` ${oneLine(message)}`
  for (const name of sortedNames(fields)) line += ` ${name}=${shown(fields[name])}`
  return line
}

const paint = (code: number, text: string): string => `\x1b[${code}m${text}\x1b[0m`

const levelColors: Readonly<Record<LogLevel, number>> = {
  trace: 34,
  debug: 0,
  info: 32,
  warn: 33,
  error: 31,
  fatal: 31,
  panic: 31,
}

function colorLine(level: LogLevel, message: string, fields: CleanFields, time: string): string {
  let line = `${paint(90, time)} ${paint(levelColors[level], shortLevels[level])}`
  if (message !== '') line += ` ${paint(1, oneLine(message))}`
  for (const name of sortedNames(fields)) {
    const value = shown(fields[name])
    line += ` ${paint(36, `${name}=`)}${name === 'error' ? paint(31, value) : value}`
  }
  return line
}

/** Alphabetical, the error first. */
const sortedNames = (fields: CleanFields): string[] =>
  Object.keys(fields).sort((a, b) => (a === 'error' ? -1 : b === 'error' ? 1 : a < b ? -1 : 1))

/**
 * Messages stand without quotes, so quotes in them stay; everything that could start a line or move a cursor is
 * escaped.
 */
const oneLine = (message: string): string => message.replace(/[^"\\]+/g, escapeText)

/** Strings with anything but plain characters are quoted, everything but strings is JSON. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return escapeJson(JSON.stringify(value) ?? 'null')
  return /^[\x21\x23-\x5b\x5d-\x7e]*$/.test(value) ? value : `"${escapeText(value)}"`
}

/** Fields as JSON can hold them, without secrets. */
function clean(fields: Readonly<Record<string, unknown>>): CleanFields {
  const cleaned: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    cleaned[escapeText(name)] = isSecretName(name) ? 'REDACTED' : plainValue(value)
  }
  return cleaned
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return mask(value)
  if (value instanceof Error) return mask(value.message)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object') return String(value)
  try {
    return JSON.parse(JSON.stringify(value, (name, inner: unknown) => safeMember(name, inner)))
  } catch {
    // A value that refers to itself still gets its line.
    return String(value)
  }
}

function safeMember(name: string, value: unknown): unknown {
  if (isSecretName(name)) return 'REDACTED'
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Error) return mask(value.message)
  return typeof value === 'string' ? mask(value) : value
}

const mask = (text: string): string => maskSecrets(text, 'REDACTED')

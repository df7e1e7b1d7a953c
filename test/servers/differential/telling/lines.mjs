import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a line may take to get into its file. */
const PATIENCE_MS = 10_000

/** Its own of each exchange. */
const TIMES = ['StartUTC', 'StartLocal', 'Duration', 'OriginDuration', 'Overhead', 'time']
const IDENTIFIERS = ['TraceId', 'SpanId', 'trace_id', 'span_id']

/** Reads the lines of an access log, which markers part. */
export class AccessLines {
  #file
  #format
  #at = 0
  #ports = []
  /** Which line of the log the last marker is. */
  #ordinal = 0

  /** @param {string} format `json`, `common` or `genericCLF` */
  constructor(file, format) {
    this.#file = file
    this.#format = format
  }

  /** @param {Record<string, number>} ports that differ from proxy to proxy, by name */
  set ports(ports) {
    this.#ports = Object.entries(ports)
  }

  /** The lines up to each of the next markers, made comparable. @param {number} count of markers */
  async take(count) {
    const end = Date.now() + PATIENCE_MS
    for (;;) {
      const text = readFileSync(this.#file, 'utf8').slice(this.#at)
      const groups = [[]]
      let read = 0
      let before = this.#ordinal
      for (const line of text.split(/(?<=\n)/)) {
        if (groups.length > count || !line.endsWith('\n')) break
        read += line.length
        const { isMarker, ordinal, fields } = this.#parse(line.trimEnd())
        if (isMarker) {
          groups.push([])
          before = ordinal
        } else {
          // Markers count too.
          groups.at(-1).push(ordinal === null ? fields : { ...fields, RequestCount: ordinal - before })
        }
      }
      if (groups.length > count) {
        this.#at += read
        this.#ordinal = before
        return groups.slice(0, -1)
      }
      if (Date.now() > end)
        throw new Error(`${groups.length - 1} of ${count} markers in ${this.#file}:\n${text.slice(-2000)}`)
      await sleep(5)
    }
  }

  #parse(line) {
    const parsed = this.#format === 'json' ? ofJson(line) : ofText(line)
    for (const [field, value] of Object.entries(parsed.fields)) {
      if (typeof value === 'string') parsed.fields[field] = this.#named(value)
    }
    return parsed
  }

  /** With names in place of the ports of the proxy. */
  #named(text) {
    return this.#ports.reduce((all, [name, port]) => all.replace(new RegExp(`\\b${port}\\b`, 'g'), name), text)
  }
}

function ofJson(line) {
  const fields = JSON.parse(line)
  const { RequestCount: ordinal = null } = fields
  delete fields.RequestCount
  for (const name of [...TIMES, ...IDENTIFIERS]) if (fields[name] !== undefined) fields[name] = 'some'
  if (fields.ClientAddr !== undefined) fields.ClientAddr = fields.ClientAddr.replace(/\d+$/, 'some')
  if (fields.ClientPort !== undefined && fields.ClientPort !== '0') fields.ClientPort = 'some'
  for (const name of Object.keys(fields)) {
    if (/^(origin|downstream)_Date$/.test(name)) fields[name] = 'some'
    // Challenges of digestAuth are drawn.
    if (name.endsWith('_Www-Authenticate')) fields[name] = fields[name].replace(/(nonce|opaque)="[^"]*"/g, '$1')
  }
  return { isMarker: fields.RequestPath?.startsWith('/marker'), ordinal, fields }
}

/** `host - user [time] "method path protocol" status size "referer" "agent"`, and ` count "router" "url" 0ms`. */
const TEXT =
  /^(.*?) - (.*?) \[(.*?)\] "(.*)" (\d+|-) (\d+|-) ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")(?: (\d+|-) ("[^"]*") ("[^"]*") \d+ms)?$/

function ofText(line) {
  const match = TEXT.exec(line)
  if (match === null) return { isMarker: false, ordinal: null, fields: { line } }
  const [, host, user, time, request, status, size, referer, agent, count, router, url] = match
  const isCounted = count !== undefined && count !== '-'
  return {
    isMarker: /^\S+ \/marker/.test(request),
    ordinal: isCounted ? Number(count) : null,
    fields: { host, user, time: time === '-' ? '-' : 'some', request, status, size, referer, agent, router, url },
  }
}

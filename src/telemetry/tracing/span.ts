import type { ActiveSpan } from '../../http/request-context.ts'
import type { AttributeValue } from '../otlp/attributes.ts'
import type { TraceParent } from './parent.ts'

/** What a span is of, by the numbers of OTLP. */
export const INTERNAL = 1
export const SERVER = 2
export const CLIENT = 3
export type SpanKind = typeof INTERNAL | typeof SERVER | typeof CLIENT

/** Statuses of OTLP. */
const UNSET = 0
const ERROR = 2

/** What ends up with whoever sends spans. */
export interface SpanSink {
  /** Takes a span that has ended; never waits. */
  add(span: Span): void
}

/** What spans need from outside. */
export interface SpanPorts {
  readonly sink: SpanSink
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** The trace that an exchange belongs to. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Whether its spans are recorded. */
  readonly isSampled: boolean
  /** Bits beside that of sampling which are handed on. */
  readonly flags: number
  /** `tracestate`, handed on as it came; empty: there is none. */
  readonly state: string
  /** `baggage`, likewise. */
  readonly baggage: string
  /** Of another process; null: the trace begins here. */
  readonly parent: TraceParent | null
  /** Whether routers, middlewares and services have spans. */
  readonly isDetailed: boolean
  /** Added to the clock's milliseconds it gives those since 1970. */
  readonly epoch: number
}

/** A span under way; of a trace that is not sampled it only has its name for others. */
export class Span implements ActiveSpan {
  readonly trace: Trace
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Empty: it is the first. */
  readonly parentId: string
  readonly hasRemoteParent: boolean
  readonly name: string
  readonly kind: SpanKind
  /** Monotonic milliseconds. */
  readonly start: number
  end = 0
  /** Names and values in turn. */
  readonly attributes: AttributeValue[] = []
  status: typeof UNSET | typeof ERROR = UNSET
  /** Why it is an error, where that is more than its status. */
  message = ''
  readonly #ports: SpanPorts
  #isOver = false

  constructor(ports: SpanPorts, trace: Trace, parent: Span | null, name: string, kind: SpanKind, start: number) {
    this.#ports = ports
    this.trace = trace
    this.spanId = newSpanId(ports.random)
    this.hasRemoteParent = parent === null && trace.parent !== null
    this.parentId = parent?.spanId ?? trace.parent?.spanId ?? ''
    this.name = name
    this.kind = kind
    this.start = start
  }

  get isSampled(): boolean {
    return this.trace.isSampled
  }

  /** Begins a span inside of this one. */
  child(name: string, kind: SpanKind): Span {
    return new Span(this.#ports, this.trace, this, name, kind, this.#ports.now())
  }

  set(name: string, value: AttributeValue): void {
    if (this.trace.isSampled && !this.#isOver) this.attributes.push(name, value)
  }

  /** As `SetStatus` of OpenTelemetry: the last error counts, and nothing takes it back. */
  fail(message: string): void {
    if (this.#isOver) return
    this.status = ERROR
    this.message = message
  }

  /** Ends it, once. */
  finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (!this.trace.isSampled) return
    this.end = this.#ports.now()
    this.#ports.sink.add(this)
  }
}

/** 16 hexadecimal digits that are not all zero. */
export function newSpanId(random: () => number): string {
  const id = eightDigits(random) + eightDigits(random)
  return id === '0000000000000000' ? '0000000000000001' : id
}

/** 32 hexadecimal digits that are not all zero. */
export const newTraceId = (random: () => number): string => newSpanId(random) + newSpanId(random)

/** Two digits of each octet: what a number of 32 bits writes itself takes seven times as long. */
const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

function eightDigits(random: () => number): string {
  const bits = (random() * 0x1_0000_0000) >>> 0
  return DIGITS[bits >>> 24]! + DIGITS[(bits >>> 16) & 255]! + DIGITS[(bits >>> 8) & 255]! + DIGITS[bits & 255]!
}

/** The span of another process that an exchange belongs to, and what came with it. */
export interface TraceParent {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string
  readonly isSampled: boolean
  /** Other bits of `traceparent` that are handed on. */
  readonly flags: number
  /** `tracestate`; empty: none, or one that is no list. */
  readonly state: string
  /** Whoever began the trace wants all of it (`d` of B3, debug of Jaeger). */
  readonly isDebug: boolean
  /** B3 leaves the decision to us, and whoever is asked by B3 is left it too. */
  readonly isDeferred: boolean
}

const ZEROS = /^0*$/

/** The parent of these identifiers; null where one is none. */
export function parentOf(
  traceId: string,
  spanId: string,
  isSampled: boolean,
  more: Partial<Pick<TraceParent, 'flags' | 'state' | 'isDebug' | 'isDeferred'>> = {},
): TraceParent | null {
  if (!isHex(traceId, 32) || !isHex(spanId, 16) || ZEROS.test(traceId) || ZEROS.test(spanId)) return null
  return { traceId, spanId, isSampled, flags: 0, state: '', isDebug: false, isDeferred: false, ...more }
}

/** Lower-case hexadecimal digits of this number. */
export function isHex(text: string, length: number): boolean {
  if (text.length !== length) return false
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false
  }
  return true
}

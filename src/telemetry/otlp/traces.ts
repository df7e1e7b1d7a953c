import type { Span } from '../tracing/span.ts'
import { nanoseconds, writeAttributes } from './attributes.ts'
import { ProtoWriter } from './protobuf.ts'
import { type Resource, SCOPE, writeResource, writeScope } from './resource.ts'

/** Bits of `flags` beside the sampling decision: it is known whether the parent is of another process, and it is. */
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200
const SAMPLED = 1

/** An `ExportTraceServiceRequest`. */
export function encodeTraces(resource: Resource, spans: readonly Span[]): Uint8Array<ArrayBuffer> {
  const writer = new ProtoWriter()
  const resourceSpans = writer.begin(1)
  writeResource(writer, 1, resource)
  const scopeSpans = writer.begin(2)
  writeScope(writer, 1, SCOPE, '')
  for (const span of spans) writeSpan(writer, span)
  writer.end(scopeSpans)
  writer.end(resourceSpans)
  return writer.finish()
}

function writeSpan(writer: ProtoWriter, span: Span): void {
  const { trace, parentId, status, hasRemoteParent } = span
  const begin = writer.begin(2)
  writer.hex(1, trace.traceId)
  writer.hex(2, span.spanId)
  if (trace.state !== '') writer.string(3, trace.state)
  if (parentId !== '') writer.hex(4, parentId)
  writer.string(5, span.name)
  writer.uint(6, span.kind)
  writer.fixed64(7, nanoseconds(trace.epoch + span.start))
  writer.fixed64(8, nanoseconds(trace.epoch + span.end))
  writeAttributes(writer, 9, span.attributes)
  if (status !== 0) {
    const at = writer.begin(15)
    if (span.message !== '') writer.string(2, span.message)
    writer.uint(3, status)
    writer.end(at)
  }
  writer.fixed32(16, trace.flags | SAMPLED | HAS_IS_REMOTE | (hasRemoteParent ? IS_REMOTE : 0))
  writer.end(begin)
}

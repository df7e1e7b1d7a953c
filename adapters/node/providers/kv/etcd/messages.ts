import { fieldsOf, type ProtoField, ProtoWriter } from '../../../grpc/protobuf.ts'

/** The messages of etcd's API that we speak (etcd `api/etcdserverpb/rpc.proto`). */

/** Where a walk over a range goes on. */
export interface RangeQuestion {
  readonly begin: Buffer
  /** Exclusive. */
  readonly end: Buffer
  readonly limit: number
  /** 0n: the newest. */
  readonly revision: bigint
}

export interface RangePage {
  /** Of the store, when it was read. */
  readonly revision: bigint
  readonly pairs: readonly (readonly [key: Buffer, value: Buffer])[]
  readonly more: boolean
}

export interface WatchAnswer {
  readonly created: boolean
  /** The watch has ended, for this reason; null: it goes on. */
  readonly canceled: string | null
  /** Above 0n: changes from before it are no longer known. */
  readonly compactRevision: bigint
  readonly hasEvents: boolean
}

export const rangeRequest = ({ begin, end, limit, revision }: RangeQuestion): Buffer =>
  new ProtoWriter().bytes(1, begin).bytes(2, end).number(3, limit).number(4, revision).finish()

export function rangePage(message: Buffer): RangePage {
  let revision = 0n
  let more = false
  const pairs: (readonly [Buffer, Buffer])[] = []
  for (const { field, value } of fieldsOf(message)) {
    if (field === 1) revision = revisionOf(value)
    else if (field === 2) pairs.push(pairOf(value))
    else if (field === 3) more = value === 1n
  }
  return { revision, pairs, more }
}

/** Of the `ResponseHeader`. */
const revisionOf = (header: ProtoField['value']): bigint => numberIn(header, 3)

function pairOf(pair: ProtoField['value']): readonly [Buffer, Buffer] {
  let [key, text] = [EMPTY, EMPTY]
  for (const { field, value } of fieldsOf(bytesOf(pair))) {
    if (field === 1) key = bytesOf(value)
    else if (field === 5) text = bytesOf(value)
  }
  return [key, text]
}

/** @param revision the first one of which changes are wanted */
export const watchRequest = (begin: Buffer, end: Buffer, revision: bigint): Buffer =>
  new ProtoWriter()
    // Large changes come in several messages.
    .bytes(1, new ProtoWriter().bytes(1, begin).bytes(2, end).number(3, revision).number(8, true).finish())
    .finish()

export function watchAnswer(message: Buffer): WatchAnswer {
  let [created, canceled, compactRevision, reason, hasEvents] = [false, false, 0n, '', false]
  for (const { field, value } of fieldsOf(message)) {
    if (field === 3) created = value === 1n
    else if (field === 4) canceled = value === 1n
    else if (field === 5 && typeof value === 'bigint') compactRevision = value
    else if (field === 6) reason = bytesOf(value).toString('utf8').slice(0, 1_000)
    else if (field === 11) hasEvents = true
  }
  return { created, canceled: canceled ? reason : null, compactRevision, hasEvents }
}

export const authenticateRequest = (name: string, password: string): Buffer =>
  new ProtoWriter().bytes(1, name).bytes(2, password).finish()

/** The token that further calls are to carry. */
export function tokenIn(message: Buffer): string {
  for (const { field, value } of fieldsOf(message)) if (field === 2) return bytesOf(value).toString('latin1')
  return ''
}

const EMPTY: Buffer = Buffer.alloc(0)

function bytesOf(value: ProtoField['value']): Buffer {
  if (typeof value === 'bigint') throw new Error('malformed message')
  return value
}

function numberIn(message: ProtoField['value'], wanted: number): bigint {
  for (const { field, value } of fieldsOf(bytesOf(message)))
    if (field === wanted && typeof value === 'bigint') return value
  return 0n
}

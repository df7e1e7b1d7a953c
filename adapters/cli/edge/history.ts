import { parseNotes } from '../../../src/plan/publication-notes.ts'
import type { Reader } from '../../../src/plan/signed-line.ts'
import { table } from '../table.ts'
import { shortened } from './author.ts'
import type { KvNamespace } from './kv-namespace.ts'
import { readPin } from './pin.ts'
import { summaryOf } from './plan-diff.ts'
import { type PastPublication, Publications } from './publications.ts'
import { readRevoked } from './revocations.ts'

/** A publication, for programs. */
export interface HistoryEntry {
  readonly revision: number
  /** `interrupted`: its push did not get to its end; `unknown`: it is not signed by a key that is believed here. */
  readonly state: 'live' | 'past' | 'interrupted' | 'unknown'
  readonly pinned: boolean
  readonly revoked: boolean
  /** ISO 8601; null where nothing is known of it. */
  readonly publishedAt: string | null
  readonly author: string
  readonly commit: string
  readonly message: string
  readonly rollbackOf: number | null
  /** The revision that was live before. */
  readonly from: number | null
  /** Bytes as they are stored. */
  readonly size: number
  readonly digest: string
  readonly elements: { readonly routers: number; readonly services: number; readonly middlewares: number }
  /** Against `from`. */
  readonly changes: { readonly added: number; readonly removed: number; readonly changed: number }
  readonly tool: string
  readonly command: string
  readonly allowed: readonly string[]
}

/**
 * The publications of the last 30 days, the newest first.
 * @param reader null: whoever has signed them is believed
 */
export async function historyIn(kv: KvNamespace, reader: Reader | null): Promise<readonly HistoryEntry[]> {
  const publications = new Publications(kv, reader)
  const [live, past] = [await publications.live(), await publications.past()]
  const head = live?.head ?? null
  const isKept = head === null || past.some(({ revision }) => revision === head.revision)
  const all = isKept ? past : [{ revision: head.revision, head }, ...past].sort((a, b) => b.revision - a.revision)
  const pin = await readPin(kv, reader)
  const pinned = pin === null ? null : pin === 'not believed' ? (head?.revision ?? null) : pin.revision
  const revoked = (await readRevoked(kv, reader)) ?? new Set<number>()
  return all.map((publication) => entryOf(publication, head?.revision ?? null, pinned, revoked))
}

function entryOf(
  { revision, head }: PastPublication,
  live: number | null,
  pinned: number | null,
  revoked: ReadonlySet<number>,
): HistoryEntry {
  const notes = parseNotes(head?.notes)
  const [routers, services, middlewares] = notes?.elements ?? [0, 0, 0]
  const [added, removed, changed] = notes?.changes ?? [0, 0, 0]
  const state =
    revision === live ? 'live' : live !== null && revision > live ? 'interrupted' : head === null ? 'unknown' : 'past'
  return {
    revision,
    state,
    pinned: revision === pinned,
    revoked: revoked.has(revision) || (head?.rollbackOf != null && revoked.has(head.rollbackOf)),
    publishedAt: head === null ? null : new Date(head.time).toISOString(),
    author: head?.publisher ?? '',
    commit: notes?.commit ?? '',
    message: notes?.message ?? '',
    rollbackOf: head?.rollbackOf ?? null,
    from: notes?.from ?? null,
    size: head?.packed.bytes ?? 0,
    digest: head?.digest ?? '',
    elements: { routers, services, middlewares },
    changes: { added, removed, changed },
    tool: notes?.tool ?? '',
    command: notes?.command ?? '',
    allowed: notes?.allowed ?? [],
  }
}

/** The same for people: a table, the live one marked. */
export function describeHistory(entries: readonly HistoryEntry[]): string {
  const head = ['', 'revision', 'published', 'author', 'commit', 'size', 'elements', 'changes', '']
  return table([head, ...entries.map(rowOf)])
}

function rowOf(entry: HistoryEntry): string[] {
  const { revision, state, publishedAt, author, commit, size, elements, changes } = entry
  const known = publishedAt !== null
  const { added, removed, changed } = changes
  const remarks = [
    entry.rollbackOf === null ? '' : `rollback of ${entry.rollbackOf}`,
    state === 'interrupted' ? 'interrupted, never live' : '',
    state === 'unknown' || !known ? 'signed by a key that is not known here' : '',
    entry.pinned ? 'pinned' : '',
    entry.revoked ? 'revoked' : '',
    ...entry.allowed.map((flag) => shortened(flag, 40)),
    shortened(entry.message, 72),
  ]
  return [
    state === 'live' ? '*' : '',
    String(revision),
    known ? publishedAt.replace(/\.\d+Z$/, 'Z') : '',
    shortened(author, 64),
    shortened(commit.replace(/^([0-9a-f]{7})[0-9a-f]+/, '$1'), 20),
    known ? `${(size / 1024).toFixed(1)} KiB` : '',
    known ? String(elements.routers + elements.services + elements.middlewares) : '',
    known ? summaryOf([added, removed, changed]) : '',
    remarks.filter((remark) => remark !== '').join('; '),
  ]
}

import type { KeyValue } from '../../../../../src/compiler/discovery/kv.ts'
import { GrpcError, type GrpcStream } from '../../../grpc/call.ts'
import { MessageTooLong } from '../../../grpc/framing.ts'
import { ProviderRefused } from '../../provider.ts'
import { ReadBudget, TooMuchConfiguration } from '../pairs.ts'
import type { KvConnection, KvListener, KvReading } from '../store.ts'
import { rangePage, rangeRequest, watchAnswer, watchRequest } from './messages.ts'
import type { EtcdSession } from './session.ts'

/** Keys asked for at once: the server counts all of them for each page, and a page is decoded between two requests. */
const PAGE = 2_000
/** A store that forgets its past faster than it can be read is not followed. */
const MOST_TRIES = 3
/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const OUT_OF_RANGE = 11

/** What of a session is needed. */
export type EtcdCalls = Pick<EtcdSession, 'peer' | 'call' | 'stream' | 'close'>

/** The keys below a root of etcd, read at one revision and followed from the next one on. */
export class EtcdConnection implements KvConnection {
  readonly peer: string
  readonly readsAtOnce = true
  readonly #session: EtcdCalls
  readonly #listener: KvListener
  readonly #begin: Buffer
  readonly #end: Buffer
  #watch: GrpcStream | null = null

  constructor(session: EtcdCalls, rootKey: string, listener: KvListener) {
    this.peer = session.peer
    this.#session = session
    this.#listener = listener
    // A zero octet stands for the first key, and as the end for all of them.
    this.#begin = Buffer.from(rootKey === '' ? '\0' : `${rootKey}/`)
    this.#end = Buffer.from(rootKey === '' ? '\0' : `${rootKey}${AFTER_SLASH}`)
  }

  async read(): Promise<KvReading> {
    for (let tries = 1; ; tries++) {
      try {
        const { pairs, revision } = await this.#readAll()
        this.#watch ??= this.#follow(revision + 1n)
        return { pairs, problems: [] }
      } catch (error) {
        if (error instanceof MessageTooLong) throw new TooMuchConfiguration()
        // Compacted while it was read page by page.
        const isPast = error instanceof GrpcError && error.code === OUT_OF_RANGE
        if (!isPast || tries === MOST_TRIES) throw error
      }
    }
  }

  close(): void {
    this.#watch?.cancel()
    this.#session.close()
  }

  async #readAll(): Promise<{ readonly pairs: readonly KeyValue[]; readonly revision: bigint }> {
    const budget = new ReadBudget()
    const pairs: KeyValue[] = []
    let begin = this.#begin
    let revision = 0n
    for (;;) {
      const question = rangeRequest({ begin, end: this.#end, limit: PAGE, revision })
      const page = rangePage(await this.#session.call('/etcdserverpb.KV/Range', question))
      if (revision === 0n) revision = page.revision
      if (revision === 0n) throw new Error('malformed message')
      for (const [key, value] of page.pairs) {
        const name = key.toString('utf8')
        budget.spendKey(name)
        budget.spend(value.length)
        pairs.push([name, value.toString('utf8')])
      }
      const last = page.pairs.at(-1)
      if (!page.more) return { pairs, revision }
      if (last === undefined) throw new Error('malformed message')
      begin = Buffer.concat([last[0], Buffer.from([0])])
    }
  }

  #follow(revision: bigint): GrpcStream {
    const watch = this.#session.stream('/etcdserverpb.Watch/Watch', {
      onMessage: (message) => {
        const { canceled, compactRevision, hasEvents } = watchAnswer(message)
        if (hasEvents) this.#listener.changed()
        if (canceled === null) return
        watch.cancel()
        this.#watch = null
        // What happened meanwhile is forgotten: the next read sees it, and is followed anew.
        if (compactRevision > 0n) this.#listener.changed()
        else this.#listener.lost(lossOf(canceled))
      },
      onEnd: (reason) => {
        this.#watch = null
        this.#listener.lost(reason ?? new Error('the watch has ended'))
      },
    })
    watch.send(watchRequest(this.#begin, this.#end, revision))
    return watch
  }
}

const AFTER_SLASH = String.fromCharCode('/'.charCodeAt(0) + 1)

const lossOf = (reason: string): Error =>
  reason.includes('permission denied') ? new ProviderRefused(reason) : new Error(`the watch has ended: ${reason}`)

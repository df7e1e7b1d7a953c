import type { KeyValue } from '../../../../../src/compiler/discovery/kv.ts'
import { ProviderRefused } from '../../provider.ts'
import { ReadBudget } from '../pairs.ts'
import type { KvConnection, KvReading } from '../store.ts'
import { NO_AUTH, NO_NODE, type ZooKeeperClient, ZooKeeperError } from './client.ts'

/** Nodes asked for at once. */
const AT_ONCE = 64

/** The nodes below a root of ZooKeeper, at any depth. */
export class ZooKeeperConnection implements KvConnection {
  readonly peer: string
  readonly readsAtOnce = false
  readonly #client: ZooKeeperClient
  readonly #root: string
  readonly #watchesNodes: boolean

  /** @param watchesNodes each node is watched by itself, as the server can't watch them all */
  constructor(client: ZooKeeperClient, rootKey: string, watchesNodes: boolean) {
    this.peer = client.peer
    this.#client = client
    this.#root = `/${rootKey}`
    this.#watchesNodes = watchesNodes
  }

  async read(): Promise<KvReading> {
    const budget = new ReadBudget()
    const pairs: KeyValue[] = []
    /** To be read, in any order. */
    const paths = [this.#root]
    let underWay = 0
    await new Promise<void>((resolve, reject) => {
      const next = (): void => {
        if (paths.length === 0 && underWay === 0) resolve()
        while (paths.length > 0 && underWay < AT_ONCE) {
          underWay++
          this.#readNode(paths.pop()!, budget, pairs, paths).then(() => {
            underWay--
            next()
          }, reject)
        }
      }
      next()
    })
    return { pairs, problems: [] }
  }

  close(): void {
    this.#client.close()
  }

  /**
   * Whether a node stands for a section or for its routers, services and the like. Such a one stays behind, empty, when
   * the last node in it goes, and says nothing then.
   */
  #isFolder(path: string): boolean {
    return path.slice(this.#root.length).split('/').length - 1 <= 2
  }

  /** Adds a node's text to the pairs, and what is below it to the paths. */
  async #readNode(path: string, budget: ReadBudget, pairs: KeyValue[], paths: string[]): Promise<void> {
    const watch = this.#watchesNodes
    try {
      const { data, childCount } = await this.#client.node(path, watch)
      const key = path.slice(1)
      budget.spendKey(key)
      budget.spend(data.length)
      if (data.length > 0 || !this.#isFolder(path)) pairs.push([key, data.toString('utf8')])
      // One that has none may get some.
      if (childCount === 0 && !watch) return
      const children = await this.#client.children(path, watch)
      const parent = path === '/' ? '/' : `${path}/`
      for (const child of children) paths.push(parent + child)
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error
      if (error.code === NO_AUTH) throw new ProviderRefused(error.message)
      if (error.code !== NO_NODE) throw error
      // It is gone, of which we are told, or nobody has made the root yet.
      if (watch && path === this.#root && (await this.#client.watchForNode(path))) paths.push(path)
    }
  }
}

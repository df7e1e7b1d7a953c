import { fieldsOf, text } from '../../../../src/compiler/discovery/answer.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import type { Collection } from './collection.ts'

/** Where changes could be followed from is forgotten by the server: everything is to be listed again. */
export class Expired extends Error {}

/** An answer that nothing can be done with. Its message shows nothing of objects. */
export class ForeignWatch extends Error {}

/** The server can't give a list as a stream. */
export class ListRefused extends Error {}

/** What the API server calls the end of a list that streams. */
const LIST_END = 'k8s.io/initial-events-end'

/** Characters of what the server says about an error that are shown. */
const MOST_SHOWN = 300

const GONE = 410

/** Takes the lines of one watch over into a collection. */
export class WatchReading {
  readonly #collection: Collection
  /** What was listed so far; null: the list is whole, and changes follow. */
  #listed: Map<string, KubernetesObject> | null
  /** Anything was told. */
  isBusy = false

  /** @param startsWithList what comes first is a list, whose end is marked */
  constructor(collection: Collection, startsWithList: boolean) {
    this.#collection = collection
    this.#listed = startsWithList ? new Map() : null
  }

  get isListing(): boolean {
    return this.#listed !== null
  }

  /** @throws Expired, ForeignWatch, and while it is listing ListRefused */
  take(line: string): void {
    const { type, object } = eventOf(line)
    this.isBusy = true
    if (type === 'ERROR') throw this.#errorOf(fieldsOf(object))
    const isBookmark = type === 'BOOKMARK'
    const subject = isBookmark ? null : objectOf(object)
    const metadata = fieldsOf(fieldsOf(object).metadata)
    if (subject !== null) this.#change(String(type), subject)
    else if (fieldsOf(metadata.annotations)[LIST_END] === 'true') this.#endList()
    const version = text(metadata.resourceVersion)
    if (version !== '' && this.#listed === null) this.#collection.resourceVersion = version
  }

  #change(type: string, object: KubernetesObject): void {
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
      throw new ForeignWatch('the watch holds an event of another type')
    }
    const { namespace = '', name } = object.metadata
    if (this.#listed === null) {
      if (type === 'DELETED') this.#collection.delete(object)
      else this.#collection.set(object)
    } else if (type === 'DELETED') this.#listed.delete(`${namespace}/${name}`)
    else this.#listed.set(`${namespace}/${name}`, object)
  }

  #endList(): void {
    if (this.#listed === null) return
    const all = [...this.#listed.values()]
    this.#listed = null
    this.#collection.replace(all)
    this.#collection.note('live')
  }

  #errorOf({ code, message }: Readonly<Record<string, unknown>>): Error {
    if (code === GONE) return new Expired()
    const said = `the watch ends with an error: ${text(message).slice(0, MOST_SHOWN)}`
    return this.isListing ? new ListRefused(said) : new ForeignWatch(said)
  }
}

function eventOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(line))
  } catch (cause) {
    // The parser's words repeat a piece of the content.
    throw new ForeignWatch('the watch holds something else than events', { cause })
  }
}

/** @throws ForeignWatch for what is no object of a cluster */
export function objectOf(value: unknown): KubernetesObject {
  const { name, namespace } = fieldsOf(fieldsOf(value).metadata)
  if (typeof name !== 'string' || name === '' || (namespace !== undefined && typeof namespace !== 'string')) {
    throw new ForeignWatch('the answer holds something else than objects')
  }
  return value as KubernetesObject
}

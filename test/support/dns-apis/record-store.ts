/** A record that an API has taken. */
export interface StoredRecord {
  readonly id: number
  /** Without a dot at the end. */
  readonly name: string
  /** Without quotes. */
  readonly value: string
  readonly ttl: number
}

const FIRST_ID = 100

const plain = (name: string): string => name.replace(/\.$/, '').toLowerCase()
const unquoted = (value: string): string => value.replace(/^"|"$/g, '')

/** The TXT records behind the APIs. */
export class RecordStore {
  readonly #records: StoredRecord[] = []
  #next = FIRST_ID

  at(name: string): readonly StoredRecord[] {
    return this.#records.filter((record) => record.name === plain(name))
  }

  texts(name: string): readonly string[] {
    return this.at(name).map(({ value }) => value)
  }

  get all(): readonly StoredRecord[] {
    return this.#records
  }

  add(name: string, value: string, ttl: number): StoredRecord {
    const record = { id: this.#next++, name: plain(name), value: unquoted(value), ttl }
    this.#records.push(record)
    return record
  }

  byId(id: number): StoredRecord | null {
    return this.#records.find((record) => record.id === id) ?? null
  }

  /** @returns whether it was there */
  remove(id: number): boolean {
    const at = this.#records.findIndex((record) => record.id === id)
    if (at !== -1) this.#records.splice(at, 1)
    return at !== -1
  }

  /** As at the start. */
  clear(): void {
    this.#records.length = 0
    this.#next = FIRST_ID
  }

  /** Replaces all values of a name. */
  set(name: string, values: readonly string[], ttl: number): void {
    for (const { id } of this.at(name)) this.remove(id)
    for (const value of values) this.add(name, value, ttl)
  }
}

/** A KV namespace, wherever it is. */
export interface KvNamespace {
  /** What it is called in messages. */
  readonly title: string
  get(key: string): Promise<Uint8Array | null>
  put(key: string, value: string | Uint8Array, options?: KvPutOptions): Promise<void>
  /** Nothing happens where there is no such key. */
  delete(key: string): Promise<void>
  /** Keys that begin so, in the order of their names. */
  list(prefix: string): Promise<readonly KvKey[]>
  /** What time it is there, in milliseconds since 1970; null while that is not known. */
  now(): number | null
  close(): Promise<void>
}

export interface KvKey {
  readonly name: string
  /** What was put beside the value; null: nothing. */
  readonly metadata: unknown
}

export interface KvPutOptions {
  /** At most 1,024 bytes of JSON. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly ttlSeconds?: number
}

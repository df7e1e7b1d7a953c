import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'

const END = 0x06054b50
const END_BYTES = 22
const ENTRY = 0x02014b50
const ENTRY_BYTES = 46
const LOCAL = 0x04034b50
const LOCAL_BYTES = 30
const STORED = 0
const DEFLATED = 8
/** What a comment behind the end may have. */
const MOST_COMMENT = 65535
const MOST_ENTRIES = 20_000

const inflate = promisify(inflateRaw) as (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>

interface Entry {
  readonly method: number
  readonly isEncrypted: boolean
  readonly checksum: number
  readonly packed: number
  readonly size: number
  readonly at: number
}

/** A ZIP archive in memory: nothing is unpacked but what is asked for. */
export class ZipArchive {
  readonly #data: Buffer
  readonly #entries = new Map<string, Entry>()

  /** @throws Error for what is none, or has names that lead out of it */
  constructor(data: Buffer) {
    this.#data = data
    let at = this.#end()
    const count = data.readUInt16LE(at + 10)
    if (count > MOST_ENTRIES) throw new Error(`the archive has more than ${MOST_ENTRIES} entries`)
    at = data.readUInt32LE(at + 16)
    for (let read = 0; read < count; read++) {
      if (at + ENTRY_BYTES > data.length || data.readUInt32LE(at) !== ENTRY) throw new Error('the archive is damaged')
      const nameLength = data.readUInt16LE(at + 28)
      const name = data.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength)
      if (!isInside(name)) throw new Error(`invalid file path in archive: ${JSON.stringify(name)}`)
      this.#entries.set(name, {
        method: data.readUInt16LE(at + 10),
        isEncrypted: (data.readUInt16LE(at + 8) & 1) !== 0,
        checksum: data.readUInt32LE(at + 16),
        packed: data.readUInt32LE(at + 20),
        size: data.readUInt32LE(at + 24),
        at: data.readUInt32LE(at + 42),
      })
      at += ENTRY_BYTES + nameLength + data.readUInt16LE(at + 30) + data.readUInt16LE(at + 32)
    }
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /**
   * A file, or null where there is none of that name.
   * @param limit bytes of what is unpacked
   * @throws Error for one that is larger or damaged
   */
  async read(name: string, limit: number): Promise<Buffer | null> {
    const entry = this.#entries.get(name)
    if (entry === undefined) return null
    const { method, isEncrypted, checksum, packed, size, at } = entry
    const data = this.#data
    if (isEncrypted) throw new Error(`${name} in the archive is encrypted`)
    if (size > limit) throw new Error(`${name} in the archive is larger than ${limit} bytes`)
    if (at + LOCAL_BYTES > data.length || data.readUInt32LE(at) !== LOCAL) throw new Error('the archive is damaged')
    const start = at + LOCAL_BYTES + data.readUInt16LE(at + 26) + data.readUInt16LE(at + 28)
    if (start + packed > data.length) throw new Error('the archive is damaged')
    const content = await unpack(data.subarray(start, start + packed), method, size).catch(() => {
      throw new Error(`${name} in the archive is damaged`)
    })
    if (content.length !== size || crc32(content) !== checksum) throw new Error(`${name} in the archive is damaged`)
    return content
  }

  #end(): number {
    const data = this.#data
    const last = data.length - END_BYTES
    for (let at = last; at >= 0 && at >= last - MOST_COMMENT; at--) if (data.readUInt32LE(at) === END) return at
    throw new Error('this is no ZIP archive')
  }
}

/** What says that it is small unpacks to no more than that. */
async function unpack(packed: Buffer, method: number, size: number): Promise<Buffer> {
  if (method === STORED) return packed
  if (method !== DEFLATED) throw new Error(`compression method ${method}`)
  return size === 0 ? Buffer.alloc(0) : inflate(packed, { maxOutputLength: size })
}

const isInside = (name: string): boolean =>
  name !== '' && !name.startsWith('/') && !/[\0\\]/.test(name) && !name.split('/').includes('..')

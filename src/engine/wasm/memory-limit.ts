import { GuestTrap } from './guest-memory.ts'

const MEMORY_SECTION = 5
const PAGE = 65536
const HEADER = 8

/**
 * The module with a limit to the memory of its instances: what it declares, or less.
 * @param limit bytes
 * @throws GuestTrap where it is no module, or needs more than that from the start
 */
export function withMemoryLimit(code: Uint8Array<ArrayBuffer>, limit: number): Uint8Array<ArrayBuffer> {
  const pages = Math.floor(limit / PAGE)
  const reader = new Reader(code, HEADER)
  if (code.byteLength < HEADER || new DataView(code.buffer, code.byteOffset).getUint32(0) !== 0x0061736d) {
    throw new GuestTrap('wasm: this is no module')
  }
  while (!reader.isEnd) {
    const start = reader.at
    const id = reader.byte()
    const length = reader.number()
    const body = reader.at
    if (id !== MEMORY_SECTION) {
      reader.skip(length)
      continue
    }
    const entries: number[] = [...leb(reader.number())]
    while (reader.at < body + length) {
      const flags = reader.byte()
      if (flags > 1) throw new GuestTrap('wasm: memory that is shared or has 64 bits is not supported')
      const least = reader.number()
      const most = flags === 1 ? reader.number() : pages
      if (least > pages) throw new GuestTrap(`wasm: it needs ${least * PAGE} bytes of memory, and may have ${limit}`)
      entries.push(1, ...leb(least), ...leb(Math.min(most, pages)))
    }
    const section = Uint8Array.from([MEMORY_SECTION, ...leb(entries.length), ...entries])
    const limited = new Uint8Array(code.byteLength - (reader.at - start) + section.byteLength)
    limited.set(code.subarray(0, start))
    limited.set(section, start)
    limited.set(code.subarray(reader.at), start + section.byteLength)
    return limited
  }
  return code
}

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}

class Reader {
  at: number
  readonly #code: Uint8Array

  constructor(code: Uint8Array, at: number) {
    this.#code = code
    this.at = at
  }

  get isEnd(): boolean {
    return this.at >= this.#code.byteLength
  }

  byte(): number {
    const byte = this.#code[this.at++]
    if (byte === undefined) throw new GuestTrap('wasm: the module is cut short')
    return byte
  }

  number(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = this.byte()
      value += (byte % 128) * factor
      if (byte < 128) return value
    }
    throw new GuestTrap('wasm: the module is malformed')
  }

  skip(length: number): void {
    this.at += length
  }
}

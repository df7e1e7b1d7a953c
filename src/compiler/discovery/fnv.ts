const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const MASK = 0xffffffffffffffffn

/** FNV-1 of the UTF-8 bytes of a text, 64 bits (Go's `hash/fnv.New64`). */
export const fnv64 = (text: string): bigint => {
  let hash = OFFSET
  for (const byte of new TextEncoder().encode(text)) hash = ((hash * PRIME) & MASK) ^ BigInt(byte)
  return hash
}

/** A ClientHello of TLS 1.3 in one record, for tests that need no real one. */
export function makeHello({
  serverName,
  protocols,
  extensions = [],
  recordSize = 16_384,
}: {
  readonly serverName?: string
  readonly protocols?: readonly string[]
  /** More extensions: type and content. */
  readonly extensions?: readonly (readonly [type: number, content: readonly number[]])[]
  readonly recordSize?: number
}): Uint8Array {
  const all: (readonly [number, readonly number[]])[] = [[0x002b, [2, 3, 4]]]
  if (serverName !== undefined) all.push([0, short([0, ...short(bytes(serverName))])])
  if (protocols !== undefined) {
    all.push([16, short(protocols.flatMap((name) => [name.length, ...bytes(name)]))])
  }
  all.push(...extensions)
  const body = [
    3,
    3,
    ...new Array<number>(32).fill(7),
    0,
    ...short([0x13, 0x01]),
    1,
    0,
    ...short(all.flatMap(([type, content]) => [type >> 8, type & 255, ...short(content)])),
  ]
  return records([1, body.length >> 16, (body.length >> 8) & 255, body.length & 255, ...body], recordSize)
}

/** Cuts a handshake message into records. */
export function records(message: readonly number[], size: number): Uint8Array {
  const out: number[] = []
  for (let at = 0; at < message.length; at += size) out.push(22, 3, 1, ...short(message.slice(at, at + size)))
  return Uint8Array.from(out)
}

const bytes = (text: string): number[] => Array.from(text, (char) => char.charCodeAt(0))

const short = (content: readonly number[]): number[] => [content.length >> 8, content.length & 255, ...content]

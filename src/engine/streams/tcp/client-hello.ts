/** What a client says of itself before TLS is spoken. */
export interface ClientHello {
  /** Lower case, without a trailing dot; empty when there is none. */
  readonly serverName: string
  /** What it offers for ALPN, in its order; one character an octet. */
  readonly protocols: readonly string[]
}

const HANDSHAKE = 22
const CLIENT_HELLO = 1
/** TLSPlaintext.length (RFC 8446 §5.1). */
const MAX_RECORD = 16_384
/** Go's own bound for a handshake message; real ones have less than 6 KiB. */
const MAX_HELLO = 65_536
const SERVER_NAME = 0
const ALPN = 16
const MAX_HOST = 255

/**
 * Reads a ClientHello from the records it comes in, however it is cut (RFC 8446 §4.1.2, §5.1). Strict: every length has
 * to fit exactly, server name and ALPN come once at most. Linear, whatever the sizes of the pieces.
 */
export class ClientHelloReader {
  readonly #header = new Uint8Array(5)
  #headerLength = 0
  /** What is left of the current record. */
  #recordLeft = 0
  /** The handshake message: four octets of header, then the hello. */
  #message = new Uint8Array(1024)
  #length = 0

  /** Takes the octets that follow. Call it no more once it has answered anything but `more`. */
  take(bytes: Uint8Array): ClientHello | 'more' | 'malformed' {
    let at = 0
    while (at < bytes.length) {
      if (this.#recordLeft === 0) {
        this.#header[this.#headerLength++] = bytes[at++]!
        if (this.#headerLength < 5) continue
        this.#headerLength = 0
        this.#recordLeft = recordLength(this.#header)
        if (this.#recordLeft === 0) return 'malformed'
        continue
      }
      const length = Math.min(this.#recordLeft, bytes.length - at)
      this.#append(bytes.subarray(at, at + length))
      at += length
      this.#recordLeft -= length
      if (this.#length < 4) continue
      const needed = messageLength(this.#message)
      if (needed === 0) return 'malformed'
      if (this.#length >= needed) return parseHello(this.#message.subarray(4, needed)) ?? 'malformed'
    }
    return 'more'
  }

  #append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length
    if (end > this.#message.length) {
      const larger = new Uint8Array(Math.max(end, this.#message.length * 2))
      larger.set(this.#message.subarray(0, this.#length))
      this.#message = larger
    }
    this.#message.set(bytes, this.#length)
    this.#length = end
  }
}

/** 0 when it is no handshake record; empty ones are not allowed. */
function recordLength(header: Uint8Array): number {
  const length = (header[3]! << 8) | header[4]!
  return header[0] === HANDSHAKE && header[1] === 3 && length <= MAX_RECORD ? length : 0
}

/** With its header; 0 when it is no ClientHello or too large. */
function messageLength(message: Uint8Array): number {
  const length = (message[1]! << 16) | (message[2]! << 8) | message[3]!
  return message[0] === CLIENT_HELLO && length <= MAX_HELLO ? length + 4 : 0
}

/** Reads vectors (RFC 8446 §3.4); once a length does not fit it is `broken` and gives nothing but empty ones. */
class Cursor {
  readonly bytes: Uint8Array
  broken = false
  #at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.bytes.length
  }

  number(octets: 1 | 2): number {
    const part = this.octets(octets)
    return octets === 1 ? (part[0] ?? 0) : ((part[0] ?? 0) << 8) | (part[1] ?? 0)
  }

  octets(length: number): Uint8Array {
    if (length > this.bytes.length - this.#at) {
      this.broken = true
      this.#at = this.bytes.length
      return new Uint8Array(0)
    }
    this.#at += length
    return this.bytes.subarray(this.#at - length, this.#at)
  }

  vector(lengthOctets: 1 | 2): Uint8Array {
    return this.octets(this.number(lengthOctets))
  }
}

function parseHello(body: Uint8Array): ClientHello | null {
  const cursor = new Cursor(body)
  cursor.octets(2 + 32)
  if (cursor.vector(1).length > 32) return null
  const suites = cursor.vector(2)
  if (suites.length < 2 || suites.length % 2 !== 0) return null
  if (cursor.vector(1).length === 0) return null
  if (cursor.broken) return null
  // TLS 1.2 without any extension ends here.
  if (cursor.atEnd) return { serverName: '', protocols: [] }
  const extensions = new Cursor(cursor.vector(2))
  if (cursor.broken || !cursor.atEnd) return null
  let serverName: string | null = null
  let protocols: readonly string[] | null = null
  while (!extensions.atEnd) {
    const type = extensions.number(2)
    const data = extensions.vector(2)
    if (extensions.broken) return null
    if (type === SERVER_NAME) {
      if (serverName !== null) return null
      serverName = parseServerName(data)
      if (serverName === null) return null
    } else if (type === ALPN) {
      if (protocols !== null) return null
      protocols = parseProtocols(data)
      if (protocols === null) return null
    }
  }
  return { serverName: serverName ?? '', protocols: protocols ?? [] }
}

/** RFC 6066 §3: a list with exactly one host name; other kinds of names don't count. */
function parseServerName(data: Uint8Array): string | null {
  const outer = new Cursor(data)
  const list = new Cursor(outer.vector(2))
  if (outer.broken || !outer.atEnd || list.atEnd) return null
  let found: string | null = null
  while (!list.atEnd) {
    const type = list.number(1)
    const name = list.vector(2)
    if (list.broken) return null
    if (type !== 0) continue
    if (found !== null) return null
    found = hostName(name)
    if (found === null) return null
  }
  return found
}

function hostName(bytes: Uint8Array): string | null {
  if (bytes.length === 0 || bytes.length > MAX_HOST) return null
  for (const octet of bytes) if (octet <= 0x20 || octet >= 0x7f) return null
  const text = latin1(bytes).toLowerCase()
  // RFC 6066 has none, but a host is the same with it: what is said of the host must hold.
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  return name === '' || name.endsWith('.') ? null : name
}

/** RFC 7301 §3.1: at least one name, none of them empty. */
function parseProtocols(data: Uint8Array): readonly string[] | null {
  const outer = new Cursor(data)
  const list = new Cursor(outer.vector(2))
  if (outer.broken || !outer.atEnd || list.atEnd) return null
  const names: string[] = []
  while (!list.atEnd) {
    const name = list.vector(1)
    if (list.broken || name.length === 0) return null
    names.push(latin1(name))
  }
  return names
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const octet of bytes) text += String.fromCharCode(octet)
  return text
}

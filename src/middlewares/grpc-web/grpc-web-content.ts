import type { Fields } from '../../http/fields.ts'
import type { BodyMapping } from '../../http/mapped-body.ts'

/** Marks a frame of trailers (gRPC-Web protocol, "Message framing"). */
const TRAILER_FRAME = 0x80

const encoder = new TextEncoder()
const NOTHING = new Uint8Array()

/**
 * Base64 text as it comes from clients, decoded; pieces may each have their own padding. Throws for what is no base64.
 */
export function base64Decoding(): BodyMapping {
  let carry = ''
  const decode = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  return {
    map(chunk) {
      const text = carry + latin1(chunk).replace(/[\r\n]/g, '')
      const whole = text.length - (text.length % 4)
      carry = text.slice(whole)
      // Padding within the text ends one piece and begins the next one.
      const pieces = text.slice(0, whole).match(/[^=]+={0,2}/g) ?? []
      return joined(pieces.map(decode))
    },
    finish() {
      if (carry !== '') throw new Error('base64 content is cut short')
      return NOTHING
    },
  }
}

/** Messages as they are, then a frame of trailers; `text`: all of it in base64, piece by piece. */
export function grpcWebEncoding(text: boolean): BodyMapping {
  const form = text ? (bytes: Uint8Array) => encoder.encode(btoa(latin1(bytes))) : (bytes: Uint8Array) => bytes
  return {
    map: form,
    finish: (trailers) => form(trailerFrame(trailers)),
    takesTrailers: true,
  }
}

/** 0x80, the length in four bytes, then a line for each trailer field, names in lower case. */
export function trailerFrame(trailers: Fields | null): Uint8Array {
  const lines: string[] = []
  const all = trailers?.lines ?? []
  for (let i = 0; i < all.length; i += 2) lines.push(`${all[i]!.toLowerCase()}: ${all[i + 1]!}\r\n`)
  const block = lines.sort().join('')
  const frame = new Uint8Array(5 + block.length)
  frame[0] = TRAILER_FRAME
  new DataView(frame.buffer).setUint32(1, block.length)
  for (let i = 0; i < block.length; i++) frame[5 + i] = block.charCodeAt(i)
  return frame
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces
  if (pieces.length === 1 && first !== undefined) return first
  const all = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

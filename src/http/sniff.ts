/** Bytes of content that `sniffContentType` looks at. */
export const SNIFFED = 512

/** Bytes that content of a type starts with, as latin1 characters. */
interface Signature {
  readonly bytes: string
  readonly type: string
  /** Positions that may hold any byte. */
  readonly any?: readonly [from: number, to: number]
}

const HTML_TAGS = [
  '<!DOCTYPE HTML',
  '<HTML',
  '<HEAD',
  '<SCRIPT',
  '<IFRAME',
  '<H1',
  '<DIV',
  '<FONT',
  '<TABLE',
  '<A',
  '<STYLE',
  '<TITLE',
  '<B',
  '<BODY',
  '<BR',
  '<P',
  '<!--',
]

const signatures: readonly Signature[] = [
  { bytes: '%PDF-', type: 'application/pdf' },
  { bytes: '%!PS-Adobe-', type: 'application/postscript' },
  { bytes: '\xfe\xff\0\0', any: [2, 4], type: 'text/plain; charset=utf-16be' },
  { bytes: '\xff\xfe\0\0', any: [2, 4], type: 'text/plain; charset=utf-16le' },
  { bytes: '\xef\xbb\xbf\0', any: [3, 4], type: 'text/plain; charset=utf-8' },
  { bytes: '\0\0\x01\0', type: 'image/x-icon' },
  { bytes: '\0\0\x02\0', type: 'image/x-icon' },
  { bytes: 'BM', type: 'image/bmp' },
  { bytes: 'GIF87a', type: 'image/gif' },
  { bytes: 'GIF89a', type: 'image/gif' },
  { bytes: 'RIFF\0\0\0\0WEBPVP', any: [4, 8], type: 'image/webp' },
  { bytes: '\x89PNG\r\n\x1a\n', type: 'image/png' },
  { bytes: '\xff\xd8\xff', type: 'image/jpeg' },
  { bytes: 'FORM\0\0\0\0AIFF', any: [4, 8], type: 'audio/aiff' },
  { bytes: 'ID3', type: 'audio/mpeg' },
  { bytes: 'OggS\0', type: 'application/ogg' },
  { bytes: 'MThd\0\0\0\x06', type: 'audio/midi' },
  { bytes: 'RIFF\0\0\0\0AVI ', any: [4, 8], type: 'video/avi' },
  { bytes: 'RIFF\0\0\0\0WAVE', any: [4, 8], type: 'audio/wave' },
  { bytes: '\x1a\x45\xdf\xa3', type: 'video/webm' },
  { bytes: `${'\0'.repeat(34)}LP`, any: [0, 34], type: 'application/vnd.ms-fontobject' },
  { bytes: '\0\x01\0\0', type: 'font/ttf' },
  { bytes: 'OTTO', type: 'font/otf' },
  { bytes: 'ttcf', type: 'font/collection' },
  { bytes: 'wOFF', type: 'font/woff' },
  { bytes: 'wOF2', type: 'font/woff2' },
  { bytes: '\x1f\x8b\x08', type: 'application/x-gzip' },
  { bytes: 'PK\x03\x04', type: 'application/zip' },
  { bytes: 'Rar!\x1a\x07\0', type: 'application/x-rar-compressed' },
  { bytes: 'Rar!\x1a\x07\x01\0', type: 'application/x-rar-compressed' },
  { bytes: '\0asm', type: 'application/wasm' },
]

/**
 * The media type of content by its first bytes, as Go's `http.DetectContentType` has it (WHATWG MIME Sniffing §7,
 * without the rules for feeds); never empty.
 */
export function sniffContentType(content: Uint8Array): string {
  const start = content.subarray(0, SNIFFED)
  let first = 0
  while (first < start.length && isBlank(start[first]!)) first++
  if (HTML_TAGS.some((tag) => startsWithTag(start, first, tag))) return 'text/html; charset=utf-8'
  if (startsWith(start, first, '<?xml')) return 'text/xml; charset=utf-8'
  const known = signatures.find(({ bytes, any }) => matches(start, bytes, any))
  if (known !== undefined) return known.type
  if (isMp4(start)) return 'video/mp4'
  for (let i = first; i < start.length; i++) if (isBinary(start[i]!)) return 'application/octet-stream'
  return 'text/plain; charset=utf-8'
}

const isBlank = (byte: number): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d

const isBinary = (byte: number): boolean =>
  byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f)

function startsWith(content: Uint8Array, at: number, text: string): boolean {
  if (content.length < at + text.length) return false
  for (let i = 0; i < text.length; i++) if (content[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** Any case, and then the end of the tag's name. */
function startsWithTag(content: Uint8Array, at: number, tag: string): boolean {
  if (content.length < at + tag.length + 1) return false
  for (let i = 0; i < tag.length; i++) {
    const byte = content[at + i]!
    if ((byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte) !== tag.charCodeAt(i)) return false
  }
  const end = content[at + tag.length]
  return end === 0x20 || end === 0x3e
}

function matches(content: Uint8Array, bytes: string, any: Signature['any']): boolean {
  if (content.length < bytes.length) return false
  for (let i = 0; i < bytes.length; i++) {
    if (any !== undefined && i >= any[0] && i < any[1]) continue
    if (content[i] !== bytes.charCodeAt(i)) return false
  }
  return true
}

/** WHATWG §6.2.1: a box `ftyp` that names a brand `mp4`. */
function isMp4(content: Uint8Array): boolean {
  if (content.length < 12) return false
  const size = new DataView(content.buffer, content.byteOffset).getUint32(0)
  if (content.length < size || size % 4 !== 0 || !startsWith(content, 4, 'ftyp')) return false
  for (let at = 8; at < size; at += 4) if (at !== 12 && startsWith(content, at, 'mp4')) return true
  return false
}

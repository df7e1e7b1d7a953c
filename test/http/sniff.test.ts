import { expect, test } from 'vitest'
import { sniffContentType } from '../../src/http/sniff.ts'

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

test.each([
  ['', 'text/plain; charset=utf-8'],
  ['Test', 'text/plain; charset=utf-8'],
  ['{"a":1}', 'text/plain; charset=utf-8'],
  [' \t\n<!doctype html>', 'text/html; charset=utf-8'],
  ['<HTML><body>', 'text/html; charset=utf-8'],
  ['<b>', 'text/html; charset=utf-8'],
  ['<bold>', 'text/plain; charset=utf-8'],
  ['<!-- a -->', 'text/html; charset=utf-8'],
  ['<html', 'text/plain; charset=utf-8'],
  ['  <?xml version', 'text/xml; charset=utf-8'],
  ['%PDF-1.4', 'application/pdf'],
  ['\xef\xbb\xbfx', 'text/plain; charset=utf-8'],
  ['\xff\xfe\x01\x02', 'text/plain; charset=utf-16le'],
  ['GIF89a...', 'image/gif'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff\xe0', 'image/jpeg'],
  ['RIFF\x01\x02\x03\x04WEBPVP8 ', 'image/webp'],
  ['RIFF\x01\x02\x03\x04WAVEfmt', 'audio/wave'],
  ['\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'video/mp4'],
  ['\x1f\x8b\x08\0', 'application/x-gzip'],
  ['PK\x03\x04', 'application/zip'],
  ['\0asm\x01', 'application/wasm'],
  ['text \x00 binary', 'application/octet-stream'],
  ['tab\tand\x1bescape', 'text/plain; charset=utf-8'],
  [`${'a'.repeat(512)}\0`, 'text/plain; charset=utf-8'],
])('%j is %s', (content, type) => {
  expect(sniffContentType(bytes(content))).toBe(type)
})

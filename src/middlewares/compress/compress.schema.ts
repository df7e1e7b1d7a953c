import * as z from 'zod'
import type { ContentCoding } from '../../contracts/ports.ts'
import { mediaTypeOf } from '../../http/media-type.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { emptyable, integer, text, texts } from '../../schema/scalars.ts'
import type { CompressConfig } from './compress.ts'

const codings: readonly ContentCoding[] = ['gzip', 'br', 'zstd']

const DEFAULT_MIN_BYTES = 1024

/** Options of `compress`. */
export const compressElement = defineElement({
  schema: emptyable(
    z.strictObject({
      excludedContentTypes: texts()
        .optional()
        .describe('Media types of responses that stay as they are, and of requests whose responses do.'),
      includedContentTypes: texts().optional().describe('Media types that alone are compressed.'),
      minResponseBodyBytes: integer()
        .optional()
        .describe('Bytes from which on a response is compressed; one that is streamed always is. Default: 1024.'),
      encodings: texts()
        .default([...codings])
        .describe('Content codings on offer, in the order of preference: `gzip`, `br`, `zstd`.'),
      defaultEncoding: text().optional().describe('Coding for clients without `Accept-Encoding`, and for `*`.'),
    }),
  ).describe('Compresses responses.'),
  prepare(options): CompressConfig {
    const { excludedContentTypes = [], includedContentTypes = [], minResponseBodyBytes = 0, encodings } = options
    if (excludedContentTypes.length > 0 && includedContentTypes.length > 0) {
      throw new PrepareError('excludedContentTypes and includedContentTypes options are mutually exclusive')
    }
    const excluded = excludedContentTypes.map((type) => prepareMediaType(type, 'excluded'))
    const included = includedContentTypes.map((type) => prepareMediaType(type, 'included'))
    if (encodings.length === 0) throw new PrepareError('at least one encoding must be specified')
    const offered = encodings.map((name) => {
      const coding = codings.find((known) => known === name)
      if (coding === undefined) throw new PrepareError(`unsupported encoding: ${name}`)
      return coding
    })
    const { defaultEncoding = '' } = options
    const fallback = offered.find((coding) => coding === defaultEncoding) ?? null
    if (defaultEncoding !== '' && fallback === null) {
      throw new PrepareError(`unsupported default encoding: ${defaultEncoding}`)
    }
    return {
      excluded: ['application/grpc', ...excluded],
      included,
      minBytes: minResponseBodyBytes > 0 ? minResponseBodyBytes : DEFAULT_MIN_BYTES,
      encodings: offered,
      defaultEncoding: fallback,
    }
  },
})

function prepareMediaType(type: string, list: 'excluded' | 'included'): string {
  const mediaType = mediaTypeOf(type)
  if (mediaType !== null) return mediaType
  throw new PrepareError(`parsing ${list} media type: ${faultOf(type)}`)
}

/** Go's words for what is no media type (`mime.ParseMediaType`). */
function faultOf(type: string): string {
  const [, name = '', slash = '', sub = '', rest = ''] = /^[ \t]*([^\s/;]*)(\/?)([^\s;]*)[ \t]*([^;]*)/.exec(type) ?? []
  const notToken = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
  if (name === '' || notToken.test(name[0]!)) return 'mime: no media type'
  if (notToken.test(name) || (slash === '' && rest !== '')) return 'mime: expected slash after first token'
  if (slash !== '' && (sub === '' || notToken.test(sub[0]!))) return 'mime: expected token after slash'
  if (notToken.test(sub) || rest !== '') return 'mime: unexpected content after media subtype'
  return 'mime: invalid media parameter'
}

import type { Fields } from './fields.ts'

/** Content that was encoded or decoded on the way is not octet for octet what a strong ETag names (RFC 9110 §8.8.1). */
export function weakenEtag(fields: Fields): void {
  const etag = fields.first('etag')
  if (etag?.startsWith('"')) fields.set('ETag', `W/${etag}`)
}

import type { Fields } from '../../http/fields.ts'

/** The scheme the client used, by the word of a trusted proxy in front; else the one of its connection. */
export function clientScheme(headers: Fields, own: 'http' | 'https'): 'http' | 'https' {
  switch (headers.first('x-forwarded-proto')?.toLowerCase()) {
    case 'http':
    case 'ws':
      return 'http'
    case 'https':
    case 'wss':
      return 'https'
    default:
      return own
  }
}

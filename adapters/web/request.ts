import { StreamBody } from '../../src/http/body.ts'
import { Fields, toFieldText } from '../../src/http/fields.ts'
import { ProxyRequest } from '../../src/http/request.ts'

/**
 * A native request as the core sees it, its content untouched. The target is cut out of the text of the URL; the host
 * is the `Host` field, or that of the URL where the runtime shows none.
 */
export function fromRequest(native: Request): ProxyRequest {
  const { method, url, headers } = native
  const lines: string[] = []
  headers.forEach((value, name) => {
    if (name !== 'host') lines.push(name, toFieldText(value))
  })
  const length = headers.get('content-length')
  const content = native.body === null ? null : new StreamBody(native.body, length === null ? null : Number(length))
  const start = url.indexOf('://') + 3
  const slash = url.indexOf('/', start)
  const authority = headers.get('host') ?? (slash === -1 ? url.slice(start) : url.slice(start, slash))
  const target = slash === -1 ? '/' : url.slice(slash).split('#', 1)[0]!
  const scheme = url.startsWith('https:') ? 'https' : 'http'
  return new ProxyRequest(method, scheme, authority, target, new Fields(lines), content, null, 'HTTP/1.1')
}

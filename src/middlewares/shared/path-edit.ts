import { cleanPath, encodedOf, normalizePath, type PathView, viewOf } from '../../http/path.ts'

/**
 * What path middlewares share: a decoded and an encoded view that are changed side by side (as in Go's `net/url`:
 * `Path` and `RawPath`). The encoded one counts only as long as it still decodes to the other, so a cut that tears them
 * apart costs nothing but the client's own spelling.
 */

/** A leading slash put in front where one is missing; nothing stays nothing. */
export const rooted = (path: string): string => (path === '' || path.charCodeAt(0) === 47 ? path : `/${path}`)

/** What is left of an encoded path after so many bytes of its decoded form; an escape is one byte. */
export function dropEncoded(encoded: string, bytes: number): string {
  let at = 0
  for (let left = bytes; left > 0 && at < encoded.length; left--) at += encoded.charCodeAt(at) === 37 ? 3 : 1
  return encoded.slice(at)
}

/** A view without `prefix`, which its decoded path begins with and which is `bytes` bytes long. */
export function withoutPrefix(view: PathView, prefix: string, bytes: number): PathView {
  return {
    path: rooted(view.path.slice(prefix.length)),
    rawPath: view.rawPath === '' ? '' : rooted(dropEncoded(view.rawPath, bytes)),
  }
}

/**
 * The views of a path that is clean: where cleaning of dot segments (escaped ones too) and repeated slashes would change
 * it, null. What a client made abnormal by having a part cut out or replaced is refused (Traefik v3.7
 * `pkg/middlewares/stripprefix`).
 */
export function cleanView(view: PathView): PathView | null {
  if (view.path === '') return view
  const encoded = rooted(encodedOf(view))
  const normal = normalizePath(encoded)
  return normal !== null && cleanPath(normal) === normal ? viewOf(encoded) : null
}

/** Whether a decoded path has dot segments: `%2F` hides them from whoever cleans the encoded one. */
export const hasDotSegment = (path: string): boolean => /(?:^|\/)\.\.?(?:\/|$)/.test(path)

/** The path as announced in `X-Replaced-Path`: the encoded form as it came or was configured. */
export const announcedPath = (view: PathView): string => (view.rawPath !== '' ? view.rawPath : encodedOf(view))

/** Go's message for the first malformed escape of a path that `decodePath` refuses. */
export function escapeError(encoded: string): string {
  const at = encoded.search(/%(?![0-9A-Fa-f]{2})/)
  return `invalid URL escape ${JSON.stringify(encoded.slice(at, at + 3))}`
}

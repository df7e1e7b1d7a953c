import { defineMiddleware } from '../../contracts/kinds.ts'
import { decodePath, isValidEncoding } from '../../http/path.ts'
import { errorReply } from '../../http/replies.ts'
import { hasDotSegment, rooted } from '../shared/path-edit.ts'

export interface AddPrefixConfig {
  /** Decoded text, not empty. */
  readonly prefix: string
}

/**
 * Puts a prefix before the path; nothing is cleaned (Traefik v3.7 `pkg/middlewares/addprefix`). A prefix that can't stand
 * in an encoded path as it is written costs the client's own spelling: what that has made a dot segment is refused.
 */
export const addPrefix = defineMiddleware<AddPrefixConfig>({
  isStateless: true,
  build: ({ prefix }) => {
    const keepsSpelling = isValidEncoding(prefix) && decodePath(prefix) === prefix
    return (next) => (request, cx) => {
      const { path, rawPath } = request.pathView
      if (!keepsSpelling && rawPath !== '' && hasDotSegment(path)) return errorReply(400)
      request.pathView = { path: rooted(prefix + path), rawPath: rawPath === '' ? '' : rooted(prefix + rawPath) }
      return next(request, cx)
    }
  },
})

import { defineMiddleware } from '../../contracts/kinds.ts'
import { toFieldText } from '../../http/fields.ts'
import { decodePath } from '../../http/path.ts'
import { errorReply } from '../../http/replies.ts'
import { announcedPath, escapeError } from '../shared/path-edit.ts'

export interface ReplacePathConfig {
  /** Encoded. */
  readonly path: string
}

/** Replaces the path and announces the old one in `X-Replaced-Path` (Traefik v3.7 `pkg/middlewares/replacepath`). */
export const replacePath = defineMiddleware<ReplacePathConfig>({
  isStateless: true,
  build: ({ path: rawPath }) => {
    const path = decodePath(rawPath)
    if (path === null) {
      const message = escapeError(rawPath)
      return () => () => errorReply(500, message)
    }
    const view = { path, rawPath }
    return (next) => (request, cx) => {
      request.headers.append('X-Replaced-Path', toFieldText(announcedPath(request.pathView)))
      request.pathView = view
      return next(request, cx)
    }
  },
})

import { defineMiddleware } from '../../contracts/kinds.ts'
import { holdsEscape } from '../../http/path.ts'
import { bareReply } from '../../http/replies.ts'

export interface EncodedCharactersConfig {
  /** Upper-case escapes: `%2F` … */
  readonly denied: readonly string[]
}

/** Refuses paths that hold certain escapes (Traefik v3.7 `pkg/middlewares/encodedcharacters`). */
export const encodedCharacters = defineMiddleware<EncodedCharactersConfig>({
  isStateless: true,
  build:
    ({ denied }) =>
    (next) =>
    (request, cx) =>
      holdsEscape(request.path, denied) ? bareReply(400) : next(request, cx),
})

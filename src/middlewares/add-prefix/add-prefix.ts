import { defineMiddleware } from '../../contracts/kinds.ts'
import { rooted } from '../shared/path-edit.ts'

export interface AddPrefixConfig {
  /** Decoded text, not empty. */
  readonly prefix: string
}

/** Puts a prefix before the path; nothing is cleaned (Traefik v3.7 `pkg/middlewares/addprefix`). */
export const addPrefix = defineMiddleware<AddPrefixConfig>({
  isStateless: true,
  build:
    ({ prefix }) =>
    (next) =>
    (request, cx) => {
      const { path, rawPath } = request.pathView
      request.pathView = { path: rooted(prefix + path), rawPath: rawPath === '' ? '' : rooted(prefix + rawPath) }
      return next(request, cx)
    },
})

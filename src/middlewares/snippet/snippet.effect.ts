import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import type { SnippetConfig } from './snippet.ts'

/** The server that decides is not asked, and no directive is run. */
export const snippetEffect: TellEffect<SnippetConfig> = ({ server, location, auth }) => {
  const count = server.length + location.length
  const parts = [
    ...(count === 0 ? [] : [`applies ${count} ${count === 1 ? 'directive' : 'directives'} of nginx`]),
    ...(auth === null ? [] : [`asks ${shown(auth.address)}, which lets the request pass with a 2xx`]),
  ]
  return goesOn(parts.join(', then '))
}

/** Without its query, and without credentials. */
const shown = (address: string): string => address.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//')

import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import type { ForwardAuthConfig } from './forward-auth.ts'

/** The server that decides is not asked. */
export const forwardAuthEffect: TellEffect<ForwardAuthConfig> = ({ address, responseFields }) => {
  if (address === null) return { text: 'refuses with 500: its address is no URL that can be asked', status: 500 }
  const { scheme, host, port } = address.origin
  const shown = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
  const fields = responseFields.length === 0 ? '' : `, and gives the request its ${responseFields.join(', ')}`
  return goesOn(`asks ${shown}, which lets the request pass with a 2xx${fields}`)
}

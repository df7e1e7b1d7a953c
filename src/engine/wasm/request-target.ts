import { GuestTrap } from './guest-memory.ts'

/**
 * The target that a guest's text stands for: path and query, as Go's `url.ParseRequestURI` reads them. What may not stand
 * in a request line is escaped.
 * @param text bytes
 * @throws GuestTrap for what is none
 */
export function targetOf(text: string): string {
  if (text === '') return '/'
  if (/[\0-\x1f\x7f]/.test(text)) throw refused(text, 'invalid control character in URL')
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(text)?.[0] ?? ''
  const rest = text.slice(origin.length)
  const queryAt = rest.indexOf('?')
  const written = queryAt === -1 ? rest : rest.slice(0, queryAt)
  const path = origin !== '' && written === '' ? '/' : written
  if (!path.startsWith('/')) throw refused(text, 'invalid URI for request')
  const invalid = /%(?![0-9a-f]{2}).{0,2}/i.exec(path)?.[0]
  if (invalid !== undefined) throw refused(text, `invalid URL escape ${JSON.stringify(invalid)}`)
  return escaped(path) + (queryAt === -1 ? '' : escaped(rest.slice(queryAt)))
}

const refused = (text: string, why: string): GuestTrap => new GuestTrap(`parse ${JSON.stringify(text)}: ${why}`)

const escaped = (text: string): string =>
  text.replace(/[^!-~]|[#"<>\\^`{|}]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

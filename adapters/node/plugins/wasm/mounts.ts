/** A folder that guests may use. */
export interface Mount {
  readonly folder: string
  /** Where guests see it. */
  readonly guest: string
  readonly isReadOnly: boolean
}

/**
 * `HOST[:GUEST][:ro]`, as Traefik's `settings.mounts` has them.
 * @throws Error for anything else
 */
export function parseMount(text: string): Mount {
  const isReadOnly = text.endsWith(':ro')
  const [folder = '', guest = folder, ...more] = (isReadOnly ? text.slice(0, -':ro'.length) : text).split(':')
  if (folder === '' || guest === '' || more.length > 0) throw new Error(`invalid directory ${JSON.stringify(text)}`)
  return { folder, guest, isReadOnly }
}

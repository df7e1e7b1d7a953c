/** What looking for a file needs of the outside. */
export interface FileSearch {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a path names a file (not a folder). */
  readonly exists: (path: string) => boolean
}

const PLACES: readonly string[] = [
  '/etc/traefik/traefik',
  '$XDG_CONFIG_HOME/traefik',
  '$HOME/.config/traefik',
  './traefik',
]
const EXTENSIONS: readonly string[] = ['toml', 'yaml', 'yml']

/**
 * The first file that exists: the one that was named, then those in the usual places; null when there is none. A named
 * file that is missing is no error (Traefik, paerser `cli/file_finder.go`).
 */
export const findInstallFile = (named: string | null, search: FileSearch): string | null => {
  const places = PLACES.flatMap((place) => EXTENSIONS.map((extension) => `${place}.${extension}`))
  const paths = named === null || named === '' ? places : [named, ...places]
  for (const path of paths) {
    const expanded = expand(path.trim(), search.env)
    if (search.exists(expanded)) return expanded
  }
  return null
}

/** Replaces `$NAME` and `${NAME}`; unset variables are empty. */
const expand = (path: string, env: Readonly<Record<string, string | undefined>>): string =>
  path.replace(/\$(?:\{([^}]*)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare ?? ''
    return Object.hasOwn(env, name) ? (env[name] ?? '') : ''
  })

import { PrepareError, type PrepareScope } from '../../schema/element.ts'

/**
 * Lines of `users` and of `usersFile`, the file first so that `users` override it: blank lines and those that start
 * with `#` are skipped in the file. Throws `PrepareError` with the system's text for a file that can't be read.
 */
export function readUsers(users: readonly string[], usersFile: string, scope: PrepareScope): string[] {
  if (usersFile === '') return [...users]
  let content: string
  try {
    content = scope.readFile(usersFile)
  } catch (error) {
    throw new PrepareError(error instanceof Error ? error.message : String(error))
  }
  const lines = content.split('\n').map((line) => line.trim())
  return [...lines.filter((line) => line !== '' && !line.startsWith('#')), ...users]
}

/** An entry as far as it may be shown: what follows a colon may be a hash, and so may an entry without one. */
export function shownEntry(entry: string): string {
  const colon = entry.indexOf(':')
  if (colon !== -1) return `${entry.slice(0, colon)}:…`
  return /[${}]|^[0-9a-f]{32}$/i.test(entry) ? '…' : entry
}

import { dashed } from '../../http/field-names.ts'
import { type Fields, lowerName } from '../../http/fields.ts'

/**
 * Deletes a field in every spelling that a server may read as its name (`X_User`, `x.user` for `X-User`): a client must
 * not be able to claim an identity beside the one we set (safety 6).
 */
export function deleteSpellings(fields: Fields, name: string): void {
  const wanted = dashed(lowerName(name))
  const { lines } = fields
  let kept = 0
  for (let i = 0; i < lines.length; i += 2) {
    const line = lines[i]!
    if (line.length === wanted.length && dashed(lowerName(line)) === wanted) continue
    lines[kept] = line
    lines[kept + 1] = lines[i + 1]!
    kept += 2
  }
  lines.length = kept
}

/** Puts a verified identity into a field, with the name as it is spelt, in the place of whatever the client sent. */
export function setIdentity(fields: Fields, name: string, identity: string): void {
  deleteSpellings(fields, name)
  fields.append(name, identity)
}

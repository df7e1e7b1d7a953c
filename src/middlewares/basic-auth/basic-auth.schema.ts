import * as z from 'zod'
import { toFieldText } from '../../http/fields.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { flag, text, texts } from '../../schema/scalars.ts'
import { prepareFieldName, prepareFieldValue, prepareResponseValue } from '../shared/field-option.schema.ts'
import { readUsers, shownEntry } from '../shared/users-option.schema.ts'
import type { BasicAuthConfig } from './basic-auth.ts'

/** Options of `basicAuth`. */
export const basicAuthElement = defineElement({
  schema: z
    .strictObject({
      users: texts()
        .optional()
        .describe('Users as `name:hash`; the hash is bcrypt, MD5-crypt (`$apr1$`) or `{SHA}`, as htpasswd makes them.'),
      usersFile: text().optional().describe('File with one user a line; `users` override it.'),
      realm: text().optional().describe('Realm of the challenge. Default: traefik.'),
      removeHeader: flag().optional().describe('Take `Authorization` off before the request is forwarded.'),
      headerField: text().optional().describe('Request field that tells the server who the user is.'),
    })
    .meta({ typeName: '*dynamic.BasicAuth' })
    .describe('Asks for a user name and a password (HTTP Basic).'),
  prepare({ users = [], usersFile = '', realm = '', removeHeader = false, headerField = '' }, scope): BasicAuthConfig {
    const hashes = new Map<string, string>()
    for (const entry of readUsers(users, usersFile, scope)) {
      const parts = entry.split(':')
      if (parts.length !== 2) throw new PrepareError(`error parsing BasicUser: ${shownEntry(entry)}`)
      hashes.set(prepareUser(parts[0]!), toFieldText(parts[1]!))
    }
    if (hashes.size === 0) throw new PrepareError(`no users found in ${usersFile}`)
    if (headerField !== '') prepareFieldName(headerField)
    return {
      users: [...hashes],
      challenge: prepareResponseValue(`Basic realm="${realm === '' ? 'traefik' : realm}"`, 'realm'),
      headerField,
      removeHeader,
    }
  },
})

/** A user name as it arrives in credentials; it may end up in a field. */
function prepareUser(name: string): string {
  prepareFieldValue(name, 'users')
  return toFieldText(name)
}

import * as z from 'zod'
import { toFieldText } from '../../http/fields.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { flag, text, texts } from '../../schema/scalars.ts'
import { prepareFieldName, prepareFieldValue, prepareResponseValue } from '../shared/field-option.schema.ts'
import { readUsers, shownEntry } from '../shared/users-option.schema.ts'
import type { DigestAuthConfig } from './digest-auth.ts'

/** Options of `digestAuth`. */
export const digestAuthElement = defineElement({
  schema: z
    .strictObject({
      users: texts().optional().describe('Users as `name:realm:hash`, as htdigest makes them.'),
      usersFile: text().optional().describe('File with one user a line; `users` override it.'),
      removeHeader: flag().optional().describe('Take `Authorization` off before the request is forwarded.'),
      realm: text()
        .optional()
        .describe('Realm of the challenge; users of other realms may not pass. Default: traefik.'),
      headerField: text().optional().describe('Request field that tells the server who the user is.'),
    })
    .meta({ typeName: '*dynamic.DigestAuth' })
    .describe('Asks for a user name and a password (HTTP Digest).'),
  prepare({ users = [], usersFile = '', realm = '', removeHeader = false, headerField = '' }, scope): DigestAuthConfig {
    const wanted = realm === '' ? 'traefik' : realm
    const hashes = new Map<string, string>()
    for (const entry of readUsers(users, usersFile, scope)) {
      const parts = entry.split(':')
      if (parts.length !== 3) throw new PrepareError(`error parsing DigestUser: ${shownEntry(entry)}`)
      const [name = '', userRealm = '', hash = ''] = parts
      prepareFieldValue(name, 'users')
      if (userRealm === wanted) hashes.set(toFieldText(name), toFieldText(hash))
    }
    if (headerField !== '') prepareFieldName(headerField)
    return { users: [...hashes], realm: prepareResponseValue(wanted, 'realm'), headerField, removeHeader }
  },
})

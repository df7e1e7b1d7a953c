import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import { setIdentity } from '../shared/identity-field.ts'
import { type BasicAuthConfig, parseBasicCredentials } from './basic-auth.ts'

/** No password is compared: that takes long, and is for who logs in. */
export const basicAuthEffect: TellEffect<BasicAuthConfig> = ({ users, headerField, removeHeader }, request) => {
  const credentials = parseBasicCredentials(request.headers.first('authorization'))
  if (credentials === null) return { text: 'refuses with 401: no user and password are given', status: 401 }
  const { user } = credentials
  if (!users.some(([name]) => name === user)) return { text: 'refuses with 401: nobody is called so', status: 401 }
  if (headerField !== '') setIdentity(request.headers, headerField, user)
  if (removeHeader) request.headers.delete('authorization')
  return goesOn('compares the password that is given: 401 unless it is the right one')
}

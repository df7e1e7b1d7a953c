import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import { setIdentity } from '../shared/identity-field.ts'
import type { DigestAuthConfig } from './digest-auth.ts'
import { parseDigestCredentials } from './digest-credentials.ts'

/** A nonce is good once: whether these credentials are is for who logs in. */
export const digestAuthEffect: TellEffect<DigestAuthConfig> = ({ users, headerField, removeHeader }, request) => {
  const user = parseDigestCredentials(request.headers.first('authorization'))?.get('username')
  if (user === undefined) return { text: 'refuses with 401: no Digest credentials are given', status: 401 }
  if (!users.some(([name]) => name === user)) return { text: 'refuses with 401: nobody is called so', status: 401 }
  if (headerField !== '') setIdentity(request.headers, headerField, user)
  if (removeHeader) request.headers.delete('authorization')
  return goesOn('checks the credentials that are given: 401 unless they are right and fresh')
}

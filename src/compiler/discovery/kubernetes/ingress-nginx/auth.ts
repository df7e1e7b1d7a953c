import type { HttpMiddleware } from '../../../dynamic/http.ts'
import type { Secret } from '../objects.ts'
import { keysHint, secretOf, secretTexts } from '../secrets.ts'
import { Unusable } from '../servers.ts'
import { annotationField } from './annotations.ts'
import type { IngressScope, NginxMiddleware } from './location.ts'
import { referenceIn } from './references.ts'

/** Who may come in by name and password; null: everybody. Throws `Unusable`. */
export function credentials(scope: IngressScope): NginxMiddleware | null {
  const { annotations } = scope
  const type = annotations['auth-type']
  if (type === undefined) return null
  const field = annotationField('auth-type')
  if (type !== 'basic' && type !== 'digest') {
    throw new Unusable(`invalid auth-type ${JSON.stringify(type)}`, field, 'write "basic" or "digest"')
  }
  const reference = annotations['auth-secret'] ?? ''
  if (reference === '') {
    throw new Unusable('auth-secret must not be empty', annotationField('auth-secret'), 'name the Secret of the users')
  }
  const { namespace, name } = referenceIn(scope, 'auth-secret', reference, 'auth secret', true)
  const at = annotationField('auth-secret')
  const secret = secretOf(scope.world, namespace, name, at, `getting secret ${reference}: it does not exist`)
  const users = usersIn(scope, secret)
  const realm = annotations['auth-realm'] ?? ''
  const options = { users, ...(realm === '' ? {} : { realm }) }
  return type === 'basic'
    ? { suffix: 'basic-auth', middleware: { basicAuth: options } as HttpMiddleware }
    : { suffix: 'digest-auth', middleware: { digestAuth: options } as HttpMiddleware }
}

function usersIn({ annotations }: IngressScope, secret: Secret): string[] {
  const { namespace, name } = secret.metadata
  const title = `secret ${namespace}/${name}`
  const field = annotationField('auth-secret')
  const texts = secretTexts(secret)
  const type = annotations['auth-secret-type'] ?? 'auth-file'
  if (type === 'auth-map') {
    if (texts.size === 0) throw new Unusable(`${title} contains no user credentials`, field)
    return Array.from(texts, ([user, hash]) => `${user}:${hash}`).sort()
  }
  if (type !== 'auth-file') {
    const hint = 'write "auth-file" or "auth-map"'
    throw new Unusable(`invalid auth-secret-type ${JSON.stringify(type)}`, annotationField('auth-secret-type'), hint)
  }
  const file = texts.get('auth')
  if (file === undefined) throw new Unusable(`${title} missing key 'auth'`, field, keysHint(texts))
  const lines = file.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

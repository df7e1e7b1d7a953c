import type { PartBuilder } from './parts.ts'
import type { ObjectScope } from './scope.ts'
import { keyPairOf, secretOf } from './secrets.ts'
import { Unusable } from './servers.ts'

/**
 * Adds the certificate of a Secret of the namespace; what is wrong with it is told, and no more.
 * @param words what is put before the reason
 * @param stores absent: the default one
 */
export function addCertificate(
  { world, namespace, findings }: ObjectScope,
  builder: PartBuilder,
  name: string,
  field: string,
  words = 'Error configuring TLS: ',
  stores?: string[],
): void {
  if (name === '') return
  try {
    const secret = secretOf(world, namespace, name, field, `secret ${namespace}/${name} does not exist`)
    const pair = keyPairOf(secret, field)
    builder.certificates.set(`${namespace}/${name}`, { ...pair, ...(stores === undefined ? {} : { stores }) })
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error(error.field, `${words}${error.message}`, error.hint)
  }
}

import type * as z from 'zod'
import type { TlsOptions, TlsStore } from '../../../dynamic/tls.ts'
import { addCertificate } from '../certificates.ts'
import type { PartBuilder } from '../parts.ts'
import { authoritiesIn, keyPairOf, keysHint, secretOf, secretTexts } from '../secrets.ts'
import { Unusable } from '../servers.ts'
import type { Scope } from './references.ts'
import type { tlsOptionSpec, tlsStoreSpec } from './tls-specs.ts'

/** TLSOption (Traefik `buildTLSOptions`). */
export function tlsOptions(scope: Scope, { clientAuth, ...options }: z.output<typeof tlsOptionSpec>): TlsOptions {
  const { secretNames, clientAuthType } = clientAuth
  const caFiles = secretNames.flatMap((name, at) => clientAuthority(scope, name, `spec.clientAuth.secretNames[${at}]`))
  // Authorities were asked for: where none can be had, nobody must come in without a certificate.
  const type = clientAuthType || (secretNames.length > 0 && caFiles.length === 0 ? 'RequireAndVerifyClientCert' : '')
  return {
    ...options,
    clientAuth: {
      ...(caFiles.length === 0 ? {} : { caFiles }),
      ...(type === '' ? {} : { clientAuthType: type }),
    },
  }
}

function clientAuthority({ world, namespace, findings }: Scope, name: string, field: string): string[] {
  const place = `${namespace}/${name}`
  try {
    const texts = secretTexts(secretOf(world, namespace, name, field, `Secret ${place} does not exist`))
    const text = authoritiesIn(texts, `secret ${place}`, field)
    if (text !== null) return [text]
    const message = `Failed to extract CA from secret ${place}: secret ${place} contains neither tls.ca nor ca.crt`
    throw new Unusable(message, field, keysHint(texts))
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error(error.field, error.message, error.hint)
    return []
  }
}

/**
 * TLSStore (Traefik `buildTLSStores`); certificates that can't be loaded are told and left out. Throws `Unusable`
 * without its own certificate.
 */
export function tlsStore(
  scope: Scope,
  name: string,
  { defaultCertificate, defaultGeneratedCert, certificates }: z.output<typeof tlsStoreSpec>,
  builder: PartBuilder,
): TlsStore {
  const { world, namespace } = scope
  const store: TlsStore = {}
  if (defaultCertificate !== undefined) {
    const field = 'spec.defaultCertificate.secretName'
    const { secretName } = defaultCertificate
    const missing = `Secret ${namespace}/${secretName} does not exist`
    store.defaultCertificate = { ...keyPairOf(secretOf(world, namespace, secretName, field, missing), field) }
  }
  if (defaultGeneratedCert !== undefined) store.defaultGeneratedCert = defaultGeneratedCert
  certificates.forEach(({ secretName }, at) => {
    const field = `spec.certificates[${at}].secretName`
    addCertificate(scope, builder, secretName, field, `Unable to read certificate secret, skipping: `, [name])
  })
  return store
}

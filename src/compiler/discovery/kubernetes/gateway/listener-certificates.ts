import { keyPairOf, secretOf } from '../secrets.ts'
import { Unusable, withWords } from '../servers.ts'
import { checkGranted } from './grants.ts'
import type { ListenerFault, ListenerScope } from './judged-listener.ts'
import type { ListenerSpec } from './specs.ts'

type CertificateRef = NonNullable<ListenerSpec['tls']>['certificateRefs'][number]

/** Adds the certificates of a listener that ends TLS, all of them or none. @returns what is wrong with them */
export function certificatesOf(scope: ListenerScope, { tls }: ListenerSpec, field: string): readonly ListenerFault[] {
  if (tls === undefined) return []
  const at = `${field}.tls.certificateRefs`
  if (tls.mode === 'Passthrough') {
    if (tls.certificateRefs.length > 0) {
      scope.findings.warn(at, 'certificates have no effect in TLS mode Passthrough', 'mode: Terminate ends TLS here')
    }
    return []
  }
  if (tls.certificateRefs.length === 0) {
    return [invalid('One TLS CertificateRef is required in Terminate mode', at)]
  }
  const faults: ListenerFault[] = []
  const pairs = tls.certificateRefs.flatMap((ref: CertificateRef | undefined, index) => {
    if (ref === undefined) return []
    const loaded = load(scope, ref, `${at}[${index}]`)
    if (!('about' in loaded)) return [loaded]
    faults.push(loaded)
    return []
  })
  if (faults.length === 0) for (const { key, pair } of pairs) scope.builder.certificates.set(key, pair)
  return faults
}

const invalid = (message: string, field: string, hint: ListenerFault['hint'] = null): ListenerFault => ({
  about: 'resolved',
  reason: 'InvalidCertificateRef',
  message,
  field,
  hint,
})

function load(scope: ListenerScope, { group, kind, name, namespace: given }: CertificateRef, field: string) {
  const { world, options } = scope
  if (kind !== 'Secret' || (group !== '' && group !== 'core')) {
    const message = `Unsupported TLS CertificateRef group/kind: ${group}/${kind}`
    return invalid(message, field, 'a Secret holds certificates')
  }
  const namespace = given || scope.namespace
  const key = `${namespace}/${name}`
  try {
    const from = { kind: 'Gateway', namespace: scope.namespace }
    checkGranted(world, from, { group: '', kind, namespace, name }, `${field}.namespace`)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const message = `Cannot reference CertificateRef ${key}: ${error.message}`
    return { ...invalid(message, error.field, error.hint), reason: 'RefNotPermitted' }
  }
  try {
    const missing = `getting secret: secret "${name}" not found`
    const secret = secretOf(world, namespace, name, `${field}.name`, missing)
    const pair = withWords('getting certificate blocks: ', () => keyPairOf(secret, `${field}.name`))
    const fault = options.faultOf(pair)
    if (fault !== null) throw new Unusable(`validating certificate: ${fault}`, `${field}.name`)
    return { key, pair }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return invalid(`Cannot load CertificateRef ${key}: ${error.message}`, error.field, error.hint)
  }
}

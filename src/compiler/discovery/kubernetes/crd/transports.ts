import type * as z from 'zod'
import type { HttpServersTransport } from '../../../dynamic/http.ts'
import type { TcpServersTransport } from '../../../dynamic/tcp.ts'
import { authoritiesIn, keyPairOf, keysHint, secretOf } from '../secrets.ts'
import { Unusable } from '../servers.ts'
import { authoritiesOf } from './credentials.ts'
import type { Scope } from './references.ts'
import type { ClientTlsFields, serversTransportSpec, serversTransportTcpSpec } from './tls-specs.ts'
import { checkedVersions, knownCipherSuites } from './tls-versions.ts'

type Spec = z.output<typeof serversTransportSpec>
type TcpSpec = z.output<typeof serversTransportTcpSpec>

/** ServersTransport; what can't be loaded is told and left out (Traefik `loadConfigurationFromCRD`). */
export function httpTransport(scope: Scope, spec: Spec): HttpServersTransport {
  const { cipherSuites: given, forwardingTimeouts, maxIdleConnsPerHost, disableHTTP2 } = spec
  const cipherSuites = given === undefined ? undefined : knownCipherSuites(given, scope.findings)
  return {
    ...clientOptions(scope, spec, 'spec'),
    ...(cipherSuites === undefined ? {} : { cipherSuites }),
    ...checkedVersions(spec, scope.findings),
    ...(maxIdleConnsPerHost === undefined ? {} : { maxIdleConnsPerHost }),
    forwardingTimeouts,
    ...(disableHTTP2 === undefined ? {} : { disableHTTP2 }),
  }
}

/** ServersTransportTCP. */
export function tcpTransport(scope: Scope, { tls, proxyProtocol, ...times }: TcpSpec): TcpServersTransport {
  return {
    ...times,
    // Without a version no header is sent.
    ...(proxyProtocol?.version === undefined ? {} : { proxyProtocol: { version: proxyProtocol.version } }),
    ...(tls === undefined ? {} : { tls: clientOptions(scope, tls, 'spec.tls') }),
  }
}

/** Throws `Unusable` where no authority could be loaded: without them another server might be talked to. */
function clientOptions(scope: Scope, spec: ClientTlsFields, field: string) {
  const { serverName, insecureSkipVerify, peerCertURI, peerCertSANs, spiffe, rootCAsSecrets, certificatesSecrets } =
    spec
  if (rootCAsSecrets.length > 0) {
    const message = 'RootCAsSecrets option is deprecated, please use the RootCA option instead.'
    scope.findings.warn(`${field}.rootCAsSecrets`, message, 'write rootCAs: [{secret: NAME}]')
  }
  const rootCAs = [
    ...loaded(scope, rootCAsSecrets, `${field}.rootCAsSecrets`, 'Error while loading CA Secret', (name, at) =>
      authoritiesOf(scope, name, at),
    ),
    ...loaded(scope, spec.rootCAs, `${field}.rootCAs`, 'Error while loading CA', (authority, at) =>
      rootAuthority(scope, authority, at),
    ),
  ]
  if (rootCAs.length === 0 && rootCAsSecrets.length + spec.rootCAs.length > 0) {
    // Without them the authorities of the system would count, which nobody asked for.
    throw new Unusable('none of the certificate authorities could be loaded', `${field}.rootCAs`)
  }
  const certificates = loaded(
    scope,
    certificatesSecrets,
    `${field}.certificatesSecrets`,
    'Error while loading certificates',
    (name, at) => {
      const missing = `secret '${scope.namespace}/${name}' does not exist`
      return keyPairOf(secretOf(scope.world, scope.namespace, name, at, missing), at)
    },
  )
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
    ...(rootCAs.length === 0 ? {} : { rootCAs }),
    ...(certificates.length === 0 ? {} : { certificates }),
    ...(peerCertURI === undefined ? {} : { peerCertURI }),
    ...(peerCertSANs.length === 0 ? {} : { peerCertSANs }),
    ...(spiffe === undefined ? {} : { spiffe }),
  }
}

/** What can be loaded of a list; the rest is told. */
function loaded<R, T>(
  { findings }: Scope,
  references: readonly R[],
  field: string,
  words: string,
  load: (reference: R, field: string) => T,
): T[] {
  return references.flatMap((reference, index) => {
    try {
      return [load(reference, `${field}[${index}]`)]
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      findings.error(error.field, `${words}: ${error.message}`, error.hint)
      return []
    }
  })
}

function rootAuthority(scope: Scope, { secret, configMap }: ClientTlsFields['rootCAs'][number], field: string): string {
  if (secret !== undefined && configMap !== undefined) {
    throw new Unusable('both Secret and ConfigMap are defined', field, 'write one of them')
  }
  if (secret !== undefined) return authoritiesOf(scope, secret, `${field}.secret`)
  if (configMap === undefined) throw new Unusable('neither Secret nor ConfigMap is defined', field)
  return authoritiesOfConfigMap(scope, configMap, `${field}.configMap`)
}

function authoritiesOfConfigMap({ world, namespace }: Scope, name: string, field: string): string {
  const place = `${namespace}/${name}`
  const found = world.get('ConfigMap', namespace, name)
  if (found === null) {
    throw new Unusable(`configMap '${place}' not found`, field, { kind: 'ConfigMap', namespace, name })
  }
  const texts = new Map(Object.entries(found.data ?? {}))
  const text = authoritiesIn(texts, `config map ${place}`, field)
  if (text !== null) return text
  const message = `configMap '${place}' has no CA block: config map ${place} contains neither tls.ca nor ca.crt`
  throw new Unusable(message, field, keysHint(texts))
}

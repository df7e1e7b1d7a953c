import type { DynamicConfig } from '../../dynamic/dynamic.ts'
import { nameMap } from '../../dynamic/names.ts'
import { normalize } from '../normalize.ts'
import type { ConnectCertificates } from './consul.ts'
import type { CatalogInstance } from './instance.ts'

/** The transport by which a service of the mesh is reached (Traefik `pkg/provider/consulcatalog/connect_tls.go`). */
export const meshTransportName = ({ namespace, datacenter, name }: CatalogInstance): string =>
  normalize(`tls-${namespace}-${datacenter}-${name}`)

/** A configuration with the transports that its services in the mesh name. */
export const withMeshTransports = (
  config: DynamicConfig,
  instance: CatalogInstance,
  certificates: ConnectCertificates | null,
): DynamicConfig => {
  if (certificates === null) return config
  const { namespace, datacenter, name } = instance
  const tls = {
    serverName: `${namespace}-${datacenter}-${name}`,
    // Certificates of the mesh name services by URI and no hosts.
    insecureSkipVerify: true,
    rootCAs: [...certificates.roots],
    certificates: [{ certFile: certificates.cert, keyFile: certificates.key }],
    peerCertURI: `spiffe://${certificates.trustDomain}/ns/${namespace}/dc/${datacenter}/svc/${name}`,
  }
  const transport = meshTransportName(instance)
  const only = <T>(value: T) => {
    const map = nameMap<T>()
    map[transport] = value
    return map
  }
  const stream = { dialKeepAlive: '15s', dialTimeout: '30s', terminationDelay: '100ms', tls }
  return {
    ...config,
    ...(config.http === undefined ? {} : { http: { ...config.http, serversTransports: only(tls) } }),
    ...(config.tcp?.services === undefined ? {} : { tcp: { ...config.tcp, serversTransports: only(stream) } }),
  }
}

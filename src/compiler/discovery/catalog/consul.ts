import { ForeignAnswer, list, record, text, texts } from '../answer.ts'
import type { CatalogInstance } from './instance.ts'

/** `GET /v1/catalog/services`: the tags of each service, those of all its instances together. */
export const readConsulServices = (answer: unknown): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(record(answer, 'services')).map(([name, tags]) => [name, texts(tags, 'tags')]))

/** `GET /v1/health/service/NAME`, or of its proxies in the mesh. */
export const readConsulInstances = (name: string, answer: unknown): readonly CatalogInstance[] =>
  list(answer, 'instances of a service').map((element) => {
    const entry = record(element, 'an instance of a service')
    const node = record(entry.Node, 'a node')
    const service = record(entry.Service, 'a service')
    const id = text(service.ID)
    if (id === '') throw new ForeignAnswer('the answer holds an instance without an id')
    return {
      id,
      node: text(node.Node),
      name,
      namespace: text(service.Namespace) || 'default',
      datacenter: text(node.Datacenter),
      address: text(service.Address) || text(node.Address),
      // Traefik takes a port that is not there for 0.
      port: Number.isSafeInteger(service.Port) ? String(service.Port) : '0',
      tags: texts(service.Tags, 'tags'),
      status: statusOf(entry.Checks),
    }
  })

/** A check, as far as it tells what changed. */
export interface ConsulCheck {
  readonly node: string
  /** Of the service; empty: it is about the node. */
  readonly service: string
  readonly id: string
  readonly status: string
}

/** `GET /v1/health/state/any` */
export const readConsulChecks = (answer: unknown): readonly ConsulCheck[] =>
  list(answer, 'checks').map((element) => {
    const check = record(element, 'a check')
    return {
      node: text(check.Node),
      service: text(check.ServiceName),
      id: `${text(check.ServiceID)} ${text(check.CheckID)}`,
      status: text(check.Status),
    }
  })

/** The worst that checks say; maintenance is worse than all (Consul `api/health.go`). */
const statusOf = (value: unknown): string => {
  const checks = value === null || value === undefined ? [] : list(value, 'checks')
  const seen = new Set<string>()
  for (const element of checks) {
    const check = record(element, 'a check')
    const id = text(check.CheckID)
    if (id === '_node_maintenance' || id.startsWith('_service_maintenance:')) seen.add('maintenance')
    else seen.add(text(check.Status))
  }
  const known = ['maintenance', 'critical', 'warning', 'passing']
  if ([...seen].some((status) => !known.includes(status))) return ''
  return known.find((status) => seen.has(status)) ?? 'passing'
}

/** What a client of the mesh needs: `GET /v1/connect/ca/roots` and `GET /v1/agent/connect/ca/leaf/NAME`. */
export interface ConnectCertificates {
  readonly trustDomain: string
  /** PEM. */
  readonly roots: readonly string[]
  readonly cert: string
  readonly key: string
}

export const readConnectRoots = (answer: unknown): Pick<ConnectCertificates, 'trustDomain' | 'roots'> => {
  const { TrustDomain, Roots } = record(answer, 'certificate authorities')
  const roots = list(Roots, 'certificate authorities').map((root) => text(record(root, 'an authority').RootCert))
  if (roots.length === 0 || roots.includes('')) throw new ForeignAnswer('the answer holds no certificate authorities')
  return { trustDomain: text(TrustDomain), roots }
}

export const readConnectLeaf = (answer: unknown): Pick<ConnectCertificates, 'cert' | 'key'> => {
  const leaf = record(answer, 'a certificate')
  const [cert, key] = [text(leaf.CertPEM), text(leaf.PrivateKeyPEM)]
  if (cert === '' || key === '') throw new ForeignAnswer('the answer holds no certificate with its key')
  return { cert, key }
}

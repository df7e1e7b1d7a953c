import { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { keysHint, secretOf, secretTexts, withoutPath } from '../secrets.ts'
import { Unusable } from '../servers.ts'
import { readSpec } from '../spec.ts'
import type { World } from '../world.ts'
import { POLICIES, type ServicePolicies } from './gateway-world.ts'
import { type BackendTlsPolicySpec, backendTlsPolicySpec } from './specs.ts'

/** How the servers of a service are spoken to over TLS. */
export interface BackendTls {
  readonly serverName: string
  readonly insecureSkipVerify?: boolean
  readonly rootCAs?: string[]
  readonly peerCertSANs?: { type: string; value: string }[]
}

/** Why a policy can't be applied; its message is Traefik's. */
export class PolicyFault extends Unusable {
  /** Of the condition `ResolvedRefs`. */
  readonly reason: string

  constructor(reason: string, message: string, field: string, hint: Unusable['hint'] = null) {
    super(message, field, hint)
    this.reason = reason
  }
}

/** The policy for a port of a service, null: there is none. Those that name the port win, then the oldest. */
export function policyFor(world: World, namespace: string, service: string, port: string): KubernetesObject | null {
  const { policies = [] } = (world.get(POLICIES, namespace, service) ?? {}) as Partial<ServicePolicies>
  for (const section of port === '' ? [undefined] : [port, undefined]) {
    const found = policies.find((policy) =>
      targetsOf(policy).some(({ name, sectionName }) => name === service && sectionName === section),
    )
    if (found !== undefined) return found
  }
  return null
}

/** Whether an older policy is about the same port, or the same service as a whole, as one of the targets of a policy. */
export function conflictOf(world: World, policy: KubernetesObject): KubernetesObject | null {
  const { namespace = '' } = policy.metadata
  for (const { name, sectionName } of targetsOf(policy)) {
    const { policies = [] } = (world.get(POLICIES, namespace, name) ?? {}) as Partial<ServicePolicies>
    const first = policies.find((other) =>
      targetsOf(other).some((target) => target.name === name && target.sectionName === sectionName),
    )
    if (first !== undefined && first !== policy) return first
  }
  return null
}

/** What is wrong with them is told where the policy itself is looked at. */
const targetsOf = (policy: KubernetesObject): BackendTlsPolicySpec['targetRefs'] =>
  readSpec(backendTlsPolicySpec, policy, new Findings(policy)).value.targetRefs.filter(
    (target: BackendTlsPolicySpec['targetRefs'][number] | undefined) =>
      target !== undefined && target.kind === 'Service' && (target.group === '' || target.group === 'core'),
  )

const SYSTEM = 'System'

/** What a policy says (Traefik `loadServersTransport`). Throws `PolicyFault`. */
export function backendTlsOf(world: World, policy: KubernetesObject): BackendTls {
  const { value, isSoundBut } = readSpec(backendTlsPolicySpec, policy, new Findings(policy))
  if (!isSoundBut()) throw new PolicyFault('InvalidKind', 'the policy can’t be read: see its own problems', 'spec')
  const { validation } = value
  const { hostname, subjectAltNames, wellKnownCACertificates, caCertificateRefs } = validation
  const names = subjectAltNames.map(alternativeName)
  const common = {
    serverName: hostname,
    // The names are checked in place of the host name, as the Gateway API wants it.
    ...(names.length === 0 ? {} : { insecureSkipVerify: true, peerCertSANs: names }),
  }
  if (wellKnownCACertificates !== undefined) {
    if (wellKnownCACertificates === SYSTEM) return common
    const message = `unsupported wellKnownCACertificates "${wellKnownCACertificates}"`
    throw new PolicyFault('InvalidKind', message, 'spec.validation.wellKnownCACertificates', `${SYSTEM} is supported`)
  }
  if (caCertificateRefs.length === 0) {
    const message = 'neither caCertificateRefs nor wellKnownCACertificates'
    throw new PolicyFault('InvalidCACertificateRef', message, 'spec.validation')
  }
  const { namespace = '' } = policy.metadata
  const rootCAs = caCertificateRefs.map((ref, at) =>
    authorityOf(world, namespace, ref, `spec.validation.caCertificateRefs[${at}]`),
  )
  return { ...common, rootCAs }
}

type SubjectAltName = BackendTlsPolicySpec['validation']['subjectAltNames'][number]

function alternativeName({ type, hostname, uri }: SubjectAltName, at: number): { type: string; value: string } {
  switch (type) {
    case 'URI':
      return { type: 'URI', value: uri }
    case 'Hostname':
      return { type: 'DNSName', value: hostname }
    default: {
      const message = `Unsupported SubjectAltName type "${type}"; only URI and Hostname types are supported`
      throw new PolicyFault('InvalidKind', message, `spec.validation.subjectAltNames[${at}].type`, 'URI or Hostname')
    }
  }
}

type AuthorityRef = BackendTlsPolicySpec['validation']['caCertificateRefs'][number]

const KEY = 'ca.crt'

function authorityOf(world: World, namespace: string, { group, kind, name }: AuthorityRef, field: string): string {
  if ((group !== '' && group !== 'core') || (kind !== 'ConfigMap' && kind !== 'Secret')) {
    throw new PolicyFault('InvalidKind', 'Only ConfigMaps and Secrets are supported', `${field}.kind`)
  }
  try {
    const texts = textsOf(world, namespace, kind, name, `${field}.name`)
    const text = texts.get(KEY) ?? ''
    const title = `${kind} ${namespace}/${name}`
    if (text === '') throw new Unusable(`${title} does not have a ca.crt`, `${field}.name`, keysHint(texts))
    if (!text.includes('-----BEGIN CERTIFICATE-----')) {
      throw new Unusable(`${title} holds no certificate in ca.crt`, `${field}.name`, 'it must be PEM')
    }
    return withoutPath(text, title, KEY, `${field}.name`)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    throw new PolicyFault('InvalidCACertificateRef', error.message, error.field, error.hint)
  }
}

function textsOf(
  world: World,
  namespace: string,
  kind: string,
  name: string,
  field: string,
): ReadonlyMap<string, string> {
  const missing = `getting ${kind.toLowerCase()} ${namespace}/${name}: ${kind.toLowerCase()} "${name}" not found`
  if (kind === 'Secret') return secretTexts(secretOf(world, namespace, name, field, missing))
  const found = world.get('ConfigMap', namespace, name)
  if (found === null) throw new Unusable(missing, field, { kind, namespace, name })
  return new Map(Object.entries(found.data ?? {}))
}

import { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import { readSpec } from '../spec.ts'
import type { World } from '../world.ts'
import { backendTlsOf, conflictOf, PolicyFault } from './backend-tls.ts'
import { type Condition, condition, fails, holds } from './conditions.ts'
import { WAY_OUT } from './gateway-part.ts'
import { backendTlsPolicySpec } from './specs.ts'

/** What a BackendTLSPolicy comes to; what it says is used where routes are derived. */
export interface PolicyPart extends Part {
  readonly conditions: readonly Condition[]
  /** The older policy that is about the same, `namespace/name`; null: there is none. */
  readonly winner: string | null
}

/** @param before what the object brought as it was */
export function derivePolicy(policy: KubernetesObject, world: World, before: Part | null): PolicyPart {
  const findings = new Findings(policy)
  readSpec(backendTlsPolicySpec, policy, findings)
  const builder = new PartBuilder(findings, WAY_OUT)
  const conflict = conflictOf(world, policy)
  if (conflict !== null) {
    const { namespace, name } = conflict.metadata
    const message = `BackendTLSPolicy ${namespace}/${name} is about the same service and is older`
    findings.warn(
      'spec.targetRefs',
      `the policy has no effect: ${message}`,
      'give one of them the name of a port: sectionName',
    )
    const conditions = [
      condition(policy, 'Accepted', fails('Conflicted', message)),
      condition(policy, 'ResolvedRefs', fails('Conflicted', message)),
    ]
    return { ...builder.build(before), conditions, winner: `${namespace}/${name}` }
  }
  try {
    backendTlsOf(world, policy)
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    findings.error(error.field, error.message, error.hint)
    const conditions = [
      condition(policy, 'Accepted', fails('NoValidCACertificate', error.message)),
      condition(policy, 'ResolvedRefs', fails(error.reason, error.message)),
    ]
    return { ...builder.build(before), conditions, winner: null }
  }
  const conditions = [
    condition(policy, 'Accepted', holds('Accepted')),
    condition(policy, 'ResolvedRefs', holds('ResolvedRefs')),
  ]
  return { ...builder.build(before), conditions, winner: null }
}

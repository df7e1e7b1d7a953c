import type { KubernetesObject } from '../objects.ts'
import { Unusable } from '../servers.ts'
import type { World } from '../world.ts'
import { GROUP } from './specs.ts'

/** Who refers to something of another namespace. */
export interface Referrer {
  readonly kind: string
  readonly namespace: string
}

/** What is referred to; the core group is empty. */
export interface Referred {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** Throws `Unusable` for a reference into another namespace that no ReferenceGrant there permits. */
export function checkGranted(world: World, from: Referrer, to: Referred, field: string): void {
  if (from.namespace === to.namespace) return
  if (world.list('ReferenceGrant').some((grant) => permits(grant, from, to))) return
  const hint = `a ReferenceGrant in namespace ${to.namespace} permits it: from {group: ${GROUP}, kind: ${from.kind}, namespace: ${from.namespace}}, to {group: "${to.group}", kind: ${to.kind}}`
  throw new Unusable('missing ReferenceGrant', field, hint)
}

interface Entry {
  readonly group?: unknown
  readonly kind?: unknown
  readonly namespace?: unknown
  readonly name?: unknown
}

function permits({ metadata, spec }: KubernetesObject, from: Referrer, to: Referred): boolean {
  if (metadata.namespace !== to.namespace) return false
  const { from: sources, to: targets } = (spec ?? {}) as { readonly from?: unknown; readonly to?: unknown }
  return (
    entries(sources).some(
      ({ group, kind, namespace }) => group === GROUP && kind === from.kind && namespace === from.namespace,
    ) &&
    entries(targets).some(
      ({ group = '', kind, name = '' }) =>
        (group === 'core' ? '' : group) === to.group && kind === to.kind && (name === '' || name === to.name),
    )
  )
}

const entries = (value: unknown): readonly Entry[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : []

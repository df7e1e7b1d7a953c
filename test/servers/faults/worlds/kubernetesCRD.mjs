import path from 'node:path'
import { manifestsIn } from '../../support/kubernetes.ts'
import { ingressRoute, TRAEFIK_RULES } from '../../support/kubernetes-objects.ts'
import { kubernetesWorld } from './kubernetes.mjs'

const DEFINITIONS = path.join(import.meta.dirname, '../../../../examples/kubernetes/kubernetes-crd-definition-v1.yml')

export const createWorld = () =>
  kubernetesWorld({
    provider: 'kubernetesCRD',
    route: (name) => ingressRoute(name),
    rules: TRAEFIK_RULES,
    // All kinds of the group stand in one rule.
    resource: '*',
    definitions: manifestsIn(DEFINITIONS),
  })

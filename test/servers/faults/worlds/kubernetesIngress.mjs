import { ingress, TRAEFIK_RULES } from '../../support/kubernetes-objects.ts'
import { kubernetesWorld } from './kubernetes.mjs'

export const createWorld = () =>
  kubernetesWorld({
    provider: 'kubernetesIngress',
    route: (name) => ingress(name),
    rules: TRAEFIK_RULES,
    resource: 'ingresses',
  })

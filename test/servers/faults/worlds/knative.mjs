import path from 'node:path'
import { manifestsIn } from '../../support/kubernetes.ts'
import { knativeIngress, rulesWithout } from '../../support/kubernetes-objects.ts'
import { kubernetesWorld } from './kubernetes.mjs'

const DEFINITION = path.join(import.meta.dirname, '../../../facts/knative/definition.yml')
const RULE = {
  apiGroups: ['networking.internal.knative.dev'],
  resources: ['ingresses', 'ingresses/status'],
  verbs: ['get', 'list', 'watch', 'update'],
}

export const createWorld = () =>
  kubernetesWorld({
    provider: 'knative',
    route: (name) => knativeIngress(name),
    rules: [...rulesWithout('ingresses'), RULE],
    resource: 'ingresses',
    definitions: manifestsIn(DEFINITION),
    more: ['--experimental.knative=true'],
  })

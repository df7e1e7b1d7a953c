import { ingressRoute } from '../../support/kubernetes-objects.ts'
import { kubernetesWorld } from './kubernetes.mjs'

export const createWorld = () => kubernetesWorld('kubernetesCRD', (name) => ingressRoute(name), 'ingressroutes')

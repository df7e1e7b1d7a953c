import { ingress } from '../../support/kubernetes-objects.ts'
import { kubernetesWorld } from './kubernetes.mjs'

export const createWorld = () => kubernetesWorld('kubernetesIngress', (name) => ingress(name), 'ingresses')

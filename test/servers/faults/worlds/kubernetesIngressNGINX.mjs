import { ingress, ingressClass, TRAEFIK_RULES } from '../../support/kubernetes-objects.ts'
import { kubernetesWorld } from './kubernetes.mjs'

export const createWorld = () =>
  kubernetesWorld({
    provider: 'kubernetesIngressNGINX',
    route: (name) => {
      const manifest = ingress(name)
      return { ...manifest, spec: { ...manifest.spec, ingressClassName: 'nginx' } }
    },
    rules: TRAEFIK_RULES,
    resource: 'ingresses',
    manifests: [ingressClass('nginx', 'k8s.io/ingress-nginx')],
  })

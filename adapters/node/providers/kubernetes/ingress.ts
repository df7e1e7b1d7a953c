import { IngressDerivation } from '../../../../src/compiler/discovery/kubernetes/ingress/derive.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { KubernetesProvider } from './provider.ts'
import { ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, NODES, SECRETS, SERVICES } from './resources.ts'

/** Ingresses, and what is written into their status. */
export const createKubernetesIngressProvider: CreateProvider<ProviderOptions<'kubernetesIngress'>> = (
  name,
  options,
  context,
) => {
  const derivation = new IngressDerivation({ ...options, defaultRuleSyntax: context.install?.core?.defaultRuleSyntax })
  const { disableClusterScopeResources = false, disableIngressClassLookup = false } = options
  return new KubernetesProvider(name, options, context, {
    selected: [INGRESSES],
    others: [
      ...[SERVICES, ENDPOINT_SLICES, SECRETS],
      ...(disableClusterScopeResources ? [] : [NODES]),
      ...(disableClusterScopeResources || disableIngressClassLookup ? [] : [INGRESS_CLASSES]),
    ],
    derive: (world) => derivation.steps(world),
  })
}

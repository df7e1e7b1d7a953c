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
  const { disableClusterScopeResources: isNamespaced = false, disableIngressClassLookup = false } = options
  const derivation = new IngressDerivation(options)
  return new KubernetesProvider(name, options, context, {
    selected: [INGRESSES],
    others: [
      ...[SERVICES, ENDPOINT_SLICES, SECRETS],
      // One of both options is enough for classes to be followed, as in Traefik.
      ...(isNamespaced && disableIngressClassLookup ? [] : [INGRESS_CLASSES]),
      ...(isNamespaced ? [] : [NODES]),
    ],
    derive: (world) => derivation.derive(world),
  })
}

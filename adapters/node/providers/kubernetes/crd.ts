import { CrdDerivation } from '../../../../src/compiler/discovery/kubernetes/crd/derive.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { KubernetesProvider } from './provider.ts'
import { CONFIG_MAPS, ENDPOINT_SLICES, NODES, SECRETS, SERVICES, TRAEFIK_KINDS } from './resources.ts'

/** Custom resources of Traefik. */
export const createKubernetesCrdProvider: CreateProvider<ProviderOptions<'kubernetesCRD'>> = (
  name,
  options,
  context,
) => {
  const derivation = new CrdDerivation(options)
  return new KubernetesProvider(name, options, context, {
    selected: TRAEFIK_KINDS,
    others: [
      ...[SERVICES, ENDPOINT_SLICES, SECRETS, CONFIG_MAPS],
      ...(options.disableClusterScopeResources === true ? [] : [NODES]),
    ],
    derive: (world) => derivation.steps(world),
  })
}

import { NginxDerivation } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/derive.ts'
import { plainEntryPointsOf } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/options.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { KubernetesProvider } from './provider.ts'
import { CONFIG_MAPS, ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, NAMESPACES, SECRETS, SERVICES } from './resources.ts'

/** Ingresses with the annotations of ingress-nginx, and what is written into their status. */
export const createKubernetesIngressNginxProvider: CreateProvider<ProviderOptions<'kubernetesIngressNGINX'>> = (
  name,
  options,
  context,
) => {
  const plainEntryPoints = plainEntryPointsOf(context.install?.entryPoints)
  const derivation = new NginxDerivation({ ...options, plainEntryPoints })
  const { watchNamespace = '', watchNamespaceSelector = '' } = options
  // Which namespaces have the labels is known only while it runs, so those of all are followed then.
  const namespaces = watchNamespace === '' || watchNamespaceSelector !== '' ? [] : [watchNamespace]
  return new KubernetesProvider(name, { ...options, namespaces }, context, {
    selected: [INGRESSES],
    others: [
      ...[SERVICES, ENDPOINT_SLICES, SECRETS, CONFIG_MAPS, INGRESS_CLASSES],
      ...(watchNamespaceSelector === '' ? [] : [NAMESPACES]),
    ],
    derive: (world) => derivation.steps(world),
  })
}

import { GatewayDerivation } from '../../../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import { gatewayOptionsOf } from '../../../../src/compiler/discovery/kubernetes/gateway/options.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { keyPairFault } from './key-pair.ts'
import { KubernetesProvider } from './provider.ts'
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  GATEWAY_CLASSES,
  GATEWAY_KINDS,
  NAMESPACES,
  REFERENCE_GRANTS,
  SECRETS,
  SERVICES,
  TCP_ROUTES,
} from './resources.ts'

/** Objects of the Gateway API, and what is written into their status. */
export const createKubernetesGatewayProvider: CreateProvider<ProviderOptions<'kubernetesGateway'>> = (
  name,
  options,
  context,
) => {
  const derivation = new GatewayDerivation(gatewayOptionsOf(options, context.install, keyPairFault))
  const kinds = options.experimentalChannel === true ? [...GATEWAY_KINDS, TCP_ROUTES] : GATEWAY_KINDS
  return new KubernetesProvider(name, options, context, {
    selected: [GATEWAY_CLASSES],
    others: [...kinds, REFERENCE_GRANTS, NAMESPACES, SERVICES, ENDPOINT_SLICES, SECRETS, CONFIG_MAPS],
    written: [GATEWAY_CLASSES, ...kinds],
    pace: { perSecond: options.qps, burst: options.burst },
    derive: (world) => derivation.steps(world),
  })
}

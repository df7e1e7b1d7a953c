import { KnativeDerivation } from '../../../../src/compiler/discovery/kubernetes/knative/derive.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { KubernetesProvider } from './provider.ts'
import { KNATIVE_INGRESSES, SECRETS, SERVICES } from './resources.ts'

/** Ingresses of Knative, and what is written into their status. */
export const createKnativeProvider: CreateProvider<ProviderOptions<'knative'>> = (name, options, context) => {
  const derivation = new KnativeDerivation(options)
  return new KubernetesProvider(name, options, context, {
    selected: [KNATIVE_INGRESSES],
    others: [SERVICES, SECRETS],
    derive: (world) => derivation.steps(world),
  })
}

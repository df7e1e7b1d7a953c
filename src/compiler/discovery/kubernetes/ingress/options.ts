import type * as z from 'zod'
import type { kubernetesIngressProvider } from '../../../install/providers/kubernetes.ts'

/** `providers.kubernetesIngress`, and what else decides. */
export type IngressOptions = NonNullable<z.output<typeof kubernetesIngressProvider.schema>> & {
  /** `core.defaultRuleSyntax`; absent: `v3`. */
  readonly defaultRuleSyntax?: string | undefined
}

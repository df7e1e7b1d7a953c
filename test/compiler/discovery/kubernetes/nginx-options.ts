import type * as z from 'zod'
import type { NginxOptions } from '../../../../src/compiler/discovery/kubernetes/ingress-nginx/options.ts'
import { kubernetesIngressNGINXProvider } from '../../../../src/compiler/install/providers/kubernetes.ts'

/** Options of the provider with its defaults, and the entry points that a proxy has. */
export const nginxOptions = (
  options: z.input<typeof kubernetesIngressNGINXProvider.schema> = {},
  plainEntryPoints: readonly string[] = ['alt', 'web'],
): NginxOptions => ({ ...kubernetesIngressNGINXProvider.schema.parse(options)!, plainEntryPoints })

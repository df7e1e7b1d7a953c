import type * as z from 'zod'
import type { InstallConfig } from '../../../install/install.ts'
import type { kubernetesIngressNGINXProvider } from '../../../install/providers/kubernetes.ts'

/** `providers.kubernetesIngressNGINX` with its defaults, and what else decides. */
export type NginxOptions = NonNullable<z.output<typeof kubernetesIngressNGINXProvider.schema>> & {
  /** Entry points without TLS: those of plain routers where `httpEntryPoint` names none. */
  readonly plainEntryPoints?: readonly string[] | undefined
}

/** Problems of options say where they are. */
export const OPTIONS = 'providers.kubernetesIngressNGINX'

/** The entry point of the proxy itself. */
const INTERNAL = 'traefik'

/** Entry points whose connections have no TLS: those of plain routers. */
export const plainEntryPointsOf = (entryPoints: InstallConfig['entryPoints'] = {}): readonly string[] =>
  Object.entries(entryPoints).flatMap(([name, { http }]) =>
    http?.tls === undefined && name !== INTERNAL ? [name] : [],
  )

/** `namespace/name` of an option; null: it is not of that form. */
export function placeIn(text: string): { readonly namespace: string; readonly name: string } | null {
  const [namespace, name, more] = text.split('/')
  return namespace === undefined || name === undefined || more !== undefined ? null : { namespace, name }
}

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { CACHE, type Manifest, manifestsIn } from './kubernetes.ts'

/** The conformance suite of the Gateway API, the server of its Pods, and its definitions. */
export const GATEWAY_API = path.join(CACHE, 'gateway-api-1.5.1')

/** The definitions of its kinds. */
export function definitionsOfGateways(channel: 'experimental' | 'standard' = 'experimental'): readonly Manifest[] {
  const folder = path.join(GATEWAY_API, 'crd', channel)
  return readdirSync(folder)
    .filter((file) => file.startsWith('gateway.networking.k8s.io'))
    .flatMap((file) => manifestsIn(path.join(folder, file)))
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
}

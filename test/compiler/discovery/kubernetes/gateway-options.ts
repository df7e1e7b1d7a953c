import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { GatewayOptions } from '../../../../src/compiler/discovery/kubernetes/gateway/options.ts'

/** Options of the provider as a process would have them. @param entryPoints addresses by name */
export const gatewayOptions = (
  provider: Partial<GatewayOptions> = {},
  entryPoints: Readonly<Record<string, string>> = { web: ':80', websecure: ':443' },
): GatewayOptions => ({
  qps: 50,
  burst: 100,
  crd: null,
  faultOf({ certFile, keyFile }) {
    try {
      return new X509Certificate(certFile).checkPrivateKey(createPrivateKey(keyFile)) ? null : 'they do not fit'
    } catch {
      return 'no PEM'
    }
  },
  entryPoints: new Map(Object.entries(entryPoints).map(([name, address]) => [name, { address, hasHttpTls: false }])),
  ...provider,
})

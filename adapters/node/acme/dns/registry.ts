import type { CreateDnsProvider } from './provider.ts'

/** DNS providers by lego's codes; what is not used is never loaded. */
const providers: Readonly<Record<string, () => Promise<CreateDnsProvider>>> = {
  dnsupdate: async () => (await import('./rfc2136.ts')).createRfc2136,
  exec: async () => (await import('./exec.ts')).createExec,
  httpreq: async () => (await import('./httpreq.ts')).createHttpreq,
  manual: async () => (await import('./manual.ts')).createManual,
  rfc2136: async () => (await import('./rfc2136.ts')).createRfc2136,
}

/** Codes of those that are built. */
export const dnsProviderCodes: readonly string[] = Object.keys(providers)

/** @throws Error where there is none of that code */
export async function loadDnsProvider(code: string): Promise<CreateDnsProvider> {
  const load = Object.hasOwn(providers, code) ? providers[code] : undefined
  if (load === undefined) {
    throw new Error(
      `the DNS provider "${code}" is not built in; a program (exec) or a service of yours (httpreq) can put the records`,
    )
  }
  return load()
}

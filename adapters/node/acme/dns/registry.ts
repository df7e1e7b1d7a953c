import { nearest } from '../../../../src/compiler/decode/nearest.ts'
import { foreignProviderCodes } from './foreign-codes.ts'
import type { CreateDnsProvider } from './provider.ts'

/** DNS providers by lego's codes; what is not used is never loaded. */
const providers: Readonly<Record<string, () => Promise<CreateDnsProvider>>> = {
  'acme-dns': async () => (await import('./acme-dns.ts')).createAcmeDns,
  acmedns: async () => (await import('./acme-dns.ts')).createAcmeDns,
  azuredns: async () => (await import('./azuredns.ts')).createAzureDns,
  cloudflare: async () => (await import('./cloudflare.ts')).createCloudflare,
  desec: async () => (await import('./desec.ts')).createDesec,
  digitalocean: async () => (await import('./digitalocean.ts')).createDigitalOcean,
  dnsupdate: async () => (await import('./rfc2136.ts')).createRfc2136,
  duckdns: async () => (await import('./duckdns.ts')).createDuckDns,
  exec: async () => (await import('./exec.ts')).createExec,
  gandi: async () => (await import('./gandi.ts')).createGandi,
  gandiv5: async () => (await import('./gandiv5.ts')).createGandiV5,
  gcloud: async () => (await import('./gcloud.ts')).createGoogleCloud,
  hetzner: async () => (await import('./hetzner.ts')).createHetzner,
  httpreq: async () => (await import('./httpreq.ts')).createHttpreq,
  manual: async () => (await import('./manual.ts')).createManual,
  namecheap: async () => (await import('./namecheap.ts')).createNamecheap,
  ovh: async () => (await import('./ovh.ts')).createOvh,
  pdns: async () => (await import('./pdns.ts')).createPowerDns,
  rfc2136: async () => (await import('./rfc2136.ts')).createRfc2136,
  route53: async () => (await import('./route53.ts')).createRoute53,
}

/** Codes of those that are built. */
export const dnsProviderCodes: readonly string[] = Object.keys(providers)

/** Codes that people have in their heads, and ours. */
const ALSO_CALLED: Readonly<Record<string, string>> = {
  aws: 'route53',
  // lego's former provider, which version 5 does not have any more.
  azure: 'azuredns',
  do: 'digitalocean',
  gce: 'gcloud',
  google: 'gcloud',
  googlecloud: 'gcloud',
  googleclouddns: 'gcloud',
  joohoi: 'acme-dns',
  powerdns: 'pdns',
}

/** @throws Error where there is none of that code, with the one that may be meant */
export async function loadDnsProvider(code: string): Promise<CreateDnsProvider> {
  const load = Object.hasOwn(providers, code) ? providers[code] : undefined
  if (load !== undefined) return load()
  const near = foreignProviderCodes.has(code) ? null : meant(code.toLowerCase())
  throw new Error(
    near === null
      ? `the DNS provider "${code}" is not built in; a program (exec) or a service of yours (httpreq) can put the records`
      : `the DNS provider "${code}" is not known, did you mean "${near}"? A program (exec) or a service of yours (httpreq) can put the records of any other`,
  )
}

/** Null: nothing is near. */
const meant = (code: string): string | null =>
  Object.hasOwn(ALSO_CALLED, code) ? ALSO_CALLED[code]! : nearest(code, [...dnsProviderCodes, ...foreignProviderCodes])

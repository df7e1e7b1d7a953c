import { acmeDns, acmeDnsAccounts } from './acme-dns.ts'
import { azureLogin, azureMachine, azureManagement } from './azure.ts'
import { cloudflare } from './cloudflare.ts'
import { desec } from './desec.ts'
import { digitalOcean } from './digitalocean.ts'
import { duckDns } from './duckdns.ts'
import { gandi, gandiV5 } from './gandi.ts'
import { googleDns, googleImpersonation, googleMachine, googleTokens } from './google.ts'
import { hetznerCloud, hetznerFormer } from './hetzner.ts'
import { namecheap, ownAddress } from './namecheap.ts'
import { ovh, ovhTokens } from './ovh.ts'
import { powerDns } from './pdns.ts'
import { route53 } from './route53.ts'
import type { Api } from './server.ts'

/** By the names under which they are reached. */
export const apis: Readonly<Record<string, Api>> = {
  'acme-dns.test': acmeDns,
  'accounts.test': acmeDnsAccounts,
  'api.cloudflare.com': cloudflare,
  'api.digitalocean.com': digitalOcean,
  'api.gandi.net': gandiV5,
  'api.hetzner.cloud': hetznerCloud,
  'api.namecheap.com': namecheap,
  'api.sandbox.namecheap.com': namecheap,
  'desec.io': desec,
  'dns.googleapis.com': googleDns,
  'dns.hetzner.com': hetznerFormer,
  'dynamicdns.park-your-domain.com': ownAddress,
  'eu.api.ovh.com': ovh,
  'iamcredentials.googleapis.com': googleImpersonation,
  'login.microsoftonline.com': azureLogin,
  'management.azure.com': azureManagement,
  'metadata.google.internal': googleMachine,
  '169.254.169.254': azureMachine,
  'oauth2.googleapis.com': googleTokens,
  'pdns.test': powerDns,
  'route53.amazonaws.com': route53,
  'rpc.gandi.net': gandi,
  'www.duckdns.org': duckDns,
  'www.ovh.com': ovhTokens,
}

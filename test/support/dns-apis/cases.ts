import { ACME_DNS_ACCOUNT } from './acme-dns.ts'
import { AZURE_SECRET, AZURE_TOKEN } from './azure.ts'
import { CLOUDFLARE_KEY, CLOUDFLARE_TOKEN, CLOUDFLARE_ZONE_TOKEN } from './cloudflare.ts'
import { DESEC_TOKEN } from './desec.ts'
import { DIGITALOCEAN_TOKEN } from './digitalocean.ts'
import { DUCKDNS_TOKEN } from './duckdns.ts'
import { GANDI_KEY, GANDI_TOKEN } from './gandi.ts'
import { GOOGLE_OTHER_TOKEN, GOOGLE_TOKEN, googleAccount } from './google.ts'
import { HETZNER_KEY, HETZNER_TOKEN } from './hetzner.ts'
import { NAMECHEAP_KEY } from './namecheap.ts'
import { OVH_CLIENT, OVH_KEYS, OVH_TOKEN } from './ovh.ts'
import { PDNS_KEY } from './pdns.ts'
import { AWS_KEYS } from './route53.ts'

/** A provider with variables that its API takes. */
export interface ProviderCase {
  readonly name: string
  readonly code: string
  readonly variables: Readonly<Record<string, string>>
  /** Of the variables for times; empty: it has none. */
  readonly prefix: string
  /** The name that is proved. */
  readonly domain: string
  /** Where its texts lie then, without a dot at the end. */
  readonly stored: string
  /** What nobody may be shown. */
  readonly secrets: readonly string[]
  /** Why two values for a name do not stand side by side; absent: they do. */
  readonly onlyOne?: string
  /** Values that stay after they were taken away: the API can't remove any. */
  readonly keeps?: true
}

const zoned = { domain: 'www.zone.test', stored: '_acme-challenge.www.zone.test' }

const azure = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1', AZURE_CLIENT_SECRET: AZURE_SECRET }
const aws = {
  AWS_ACCESS_KEY_ID: AWS_KEYS.id,
  AWS_SECRET_ACCESS_KEY: AWS_KEYS.secret,
  AWS_REGION: 'us-east-1',
  AWS_MAX_RETRIES: '1',
}

export const providerCases: readonly ProviderCase[] = [
  {
    name: 'acme-dns',
    code: 'acme-dns',
    prefix: '',
    variables: { ACME_DNS_API_BASE: 'https://acme-dns.test', ACME_DNS_STORAGE_BASE_URL: 'https://accounts.test' },
    domain: 'known.zone.test',
    stored: ACME_DNS_ACCOUNT.fulldomain,
    secrets: [ACME_DNS_ACCOUNT.password],
    keeps: true,
  },
  {
    name: 'azuredns',
    code: 'azuredns',
    prefix: 'AZURE_',
    variables: azure,
    secrets: [AZURE_SECRET, AZURE_TOKEN],
    ...zoned,
  },
  {
    name: 'azuredns, private zone',
    code: 'azuredns',
    prefix: 'AZURE_',
    variables: { ...azure, AZURE_PRIVATE_ZONE: 'true', AZURE_ZONE_NAME: 'zone.test', AZURE_RESOURCE_GROUP: 'group-1' },
    secrets: [AZURE_SECRET, AZURE_TOKEN],
    ...zoned,
  },
  {
    name: 'cloudflare by token',
    code: 'cloudflare',
    prefix: 'CLOUDFLARE_',
    variables: { CF_DNS_API_TOKEN: CLOUDFLARE_TOKEN, CF_ZONE_API_TOKEN: CLOUDFLARE_ZONE_TOKEN },
    secrets: [CLOUDFLARE_TOKEN, CLOUDFLARE_ZONE_TOKEN],
    ...zoned,
  },
  {
    name: 'cloudflare by key',
    code: 'cloudflare',
    prefix: 'CLOUDFLARE_',
    variables: { CLOUDFLARE_EMAIL: 'a@b.test', CLOUDFLARE_API_KEY: CLOUDFLARE_KEY, CLOUDFLARE_TTL: '300' },
    secrets: [CLOUDFLARE_KEY],
    ...zoned,
  },
  { name: 'desec', code: 'desec', prefix: 'DESEC_', variables: { DESEC_TOKEN }, secrets: [DESEC_TOKEN], ...zoned },
  {
    name: 'digitalocean',
    code: 'digitalocean',
    prefix: 'DO_',
    variables: { DO_AUTH_TOKEN: DIGITALOCEAN_TOKEN },
    secrets: [DIGITALOCEAN_TOKEN],
    ...zoned,
  },
  {
    name: 'duckdns',
    code: 'duckdns',
    prefix: 'DUCKDNS_',
    variables: { DUCKDNS_TOKEN },
    domain: 'www.mine.duckdns.org',
    stored: '_acme-challenge.mine.duckdns.org',
    secrets: [DUCKDNS_TOKEN],
    onlyOne: 'a domain has one text there; names are proved one after the other',
  },
  {
    name: 'gandi',
    code: 'gandi',
    prefix: 'GANDI_',
    variables: { GANDI_API_KEY: GANDI_KEY },
    secrets: [GANDI_KEY],
    ...zoned,
  },
  {
    name: 'gandiv5',
    code: 'gandiv5',
    prefix: 'GANDIV5_',
    variables: { GANDIV5_PERSONAL_ACCESS_TOKEN: GANDI_TOKEN },
    secrets: [GANDI_TOKEN],
    ...zoned,
  },
  {
    name: 'gcloud',
    code: 'gcloud',
    prefix: 'GCE_',
    variables: { GCE_SERVICE_ACCOUNT: googleAccount },
    secrets: [GOOGLE_TOKEN, (JSON.parse(googleAccount) as { private_key: string }).private_key.slice(40, 90)],
    ...zoned,
  },
  {
    name: 'gcloud for another account',
    code: 'gcloud',
    prefix: 'GCE_',
    variables: {
      GCE_SERVICE_ACCOUNT: googleAccount,
      GCE_IMPERSONATE_SERVICE_ACCOUNT: 'other@project-1.iam.gserviceaccount.com',
      GCE_ZONE_ID: 'outer',
    },
    secrets: [GOOGLE_TOKEN, GOOGLE_OTHER_TOKEN],
    ...zoned,
  },
  {
    name: 'hetzner',
    code: 'hetzner',
    prefix: 'HETZNER_',
    variables: { HETZNER_API_TOKEN: HETZNER_TOKEN, HETZNER_POLLING_INTERVAL: '0' },
    secrets: [HETZNER_TOKEN],
    ...zoned,
  },
  {
    name: 'hetzner, former API',
    code: 'hetzner',
    prefix: 'HETZNER_',
    variables: { HETZNER_API_KEY: HETZNER_KEY },
    secrets: [HETZNER_KEY],
    ...zoned,
  },
  {
    name: 'namecheap',
    code: 'namecheap',
    prefix: 'NAMECHEAP_',
    variables: { NAMECHEAP_API_USER: 'user', NAMECHEAP_API_KEY: NAMECHEAP_KEY },
    secrets: [NAMECHEAP_KEY],
    ...zoned,
  },
  {
    name: 'ovh by keys',
    code: 'ovh',
    prefix: 'OVH_',
    variables: {
      OVH_APPLICATION_KEY: OVH_KEYS.key,
      OVH_APPLICATION_SECRET: OVH_KEYS.secret,
      OVH_CONSUMER_KEY: OVH_KEYS.consumer,
    },
    secrets: [OVH_KEYS.secret, OVH_KEYS.consumer],
    ...zoned,
  },
  {
    name: 'ovh by OAuth 2',
    code: 'ovh',
    prefix: 'OVH_',
    variables: { OVH_CLIENT_ID: OVH_CLIENT.id, OVH_CLIENT_SECRET: OVH_CLIENT.secret },
    secrets: [OVH_CLIENT.secret, OVH_TOKEN],
    ...zoned,
  },
  {
    name: 'pdns',
    code: 'pdns',
    prefix: 'PDNS_',
    variables: { PDNS_API_URL: 'http://pdns.test', PDNS_API_KEY: PDNS_KEY },
    secrets: [PDNS_KEY],
    ...zoned,
  },
  { name: 'route53', code: 'route53', prefix: 'AWS_', variables: aws, secrets: [AWS_KEYS.secret], ...zoned },
]

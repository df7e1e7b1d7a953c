import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DnsApiError } from '../../../adapters/node/acme/dns/api.ts'
import { arcSecret } from '../../../adapters/node/acme/dns/azure-identity.ts'
import { resolverOf, zoneOf } from '../../../adapters/node/acme/dns/name-servers.ts'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { ACME_DNS_ACCOUNT } from '../../support/dns-apis/acme-dns.ts'
import { AZURE_FEDERATED_TOKEN, AZURE_SECRET, AZURE_TOKEN } from '../../support/dns-apis/azure.ts'
import { CLOUDFLARE_TOKEN } from '../../support/dns-apis/cloudflare.ts'
import { GANDI_KEY } from '../../support/dns-apis/gandi.ts'
import { GOOGLE_TOKEN, googleAccount } from '../../support/dns-apis/google.ts'
import { OVH_KEYS, OVH_TOKEN } from '../../support/dns-apis/ovh.ts'
import { PDNS_KEY } from '../../support/dns-apis/pdns.ts'
import { AWS_KEYS } from '../../support/dns-apis/route53.ts'
import { providerAt, reasonOf, recordFor } from '../../support/dns-apis/run.ts'
import { DnsApis } from '../../support/dns-apis/server.ts'

let apis: DnsApis
let folder: string
beforeEach(async () => {
  apis = await DnsApis.start({ 'www.zone.test': 'other.test' })
  folder = mkdtempSync(path.join(tmpdir(), 'dns-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await apis.stop()
})

const limit = () => AbortSignal.timeout(15_000)
const own = recordFor('www.zone.test', 'token-1')
const STORED = '_acme-challenge.www.zone.test'

function file(name: string, content: string): string {
  const at = path.join(folder, name)
  writeFileSync(at, content, { mode: 0o600 })
  return at
}

/** Puts the record by a provider and looks whether it is there. */
async function expectPut(code: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const provider = await providerAt(apis, code, variables)
  await provider.present(own, limit())
  expect(apis.store.texts(STORED)).toEqual([own.value])
}

const requests = () => apis.calls.map(({ method, host, path: below }) => `${method} ${host}${below}`)

describe('variables', () => {
  test('come from files too', () =>
    expectPut('cloudflare', { CLOUDFLARE_DNS_API_TOKEN_FILE: file('t', `${CLOUDFLARE_TOKEN}\r\n`) }))

  test.each<[string, Record<string, string>, string]>([
    ['cloudflare', {}, 'CLOUDFLARE_DNS_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY'],
    [
      'cloudflare',
      { CLOUDFLARE_EMAIL: 'a@b.test' },
      'CLOUDFLARE_DNS_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY',
    ],
    ['digitalocean', {}, 'DO_AUTH_TOKEN'],
    ['hetzner', {}, 'HETZNER_API_TOKEN'],
    ['gandi', {}, 'GANDI_API_KEY'],
    ['gandiv5', {}, 'GANDIV5_PERSONAL_ACCESS_TOKEN'],
    ['namecheap', { NAMECHEAP_API_USER: 'u' }, 'NAMECHEAP_API_KEY'],
    ['desec', {}, 'DESEC_TOKEN'],
    ['duckdns', {}, 'DUCKDNS_TOKEN'],
    ['acme-dns', {}, 'ACME_DNS_API_BASE'],
    ['pdns', {}, 'PDNS_API_KEY,PDNS_API_URL'],
    ['ovh', { OVH_APPLICATION_KEY: 'k' }, 'OVH_APPLICATION_SECRET,OVH_CONSUMER_KEY'],
    ['azuredns', { AZURE_AUTH_METHOD: 'env', AZURE_CLIENT_ID: 'c' }, 'AZURE_TENANT_ID,AZURE_CLIENT_SECRET'],
    ['azuredns', { AZURE_AUTH_METHOD: 'wli' }, 'AZURE_FEDERATED_TOKEN_FILE'],
  ])('%s with %j lacks some', async (code, variables, missing) => {
    expect(await reasonOf(providerAt(apis, code, variables))).toBe(
      `${code}: some credentials information are missing: ${missing}`,
    )
  })

  test.each<[string, Record<string, string>, string]>([
    [
      'cloudflare',
      { CF_DNS_API_TOKEN: 't', CF_TTL: '60' },
      'cloudflare: invalid TTL, TTL (60) must be greater than 120',
    ],
    ['cloudflare', { CF_DNS_API_TOKEN: 't', CF_HTTP_TIMEOUT: 'x' }, 'CLOUDFLARE_HTTP_TIMEOUT is no whole number'],
    [
      'cloudflare',
      { CF_DNS_API_TOKEN: 't', CLOUDFLARE_BASE_URL: '::' },
      'cloudflare: the endpoint is no address of an API',
    ],
    ['gandiv5', { GANDIV5_API_KEY: 'k', GANDIV5_TTL: '1' }, 'gandiv5: invalid TTL, TTL (1) must be greater than 300'],
    ['pdns', { PDNS_API_KEY: 'k', PDNS_API_URL: 'pdns' }, 'pdns: PDNS_API_URL is no address of HTTP'],
    ['ovh', { OVH_ENDPOINT: 'ovh-xx' }, 'ovh: unknown OVH_ENDPOINT "ovh-xx": a URL, or one of ovh-eu, ovh-ca'],
    ['ovh', { OVH_ACCESS_TOKEN: 't', OVH_CLIENT_ID: 'c' }, 'ovh: only one of application keys, OAuth 2'],
    [
      'azuredns',
      { AZURE_ENVIRONMENT: 'mars' },
      'azuredns: AZURE_ENVIRONMENT "mars" is none of public, china, usgovernment',
    ],
    [
      'azuredns',
      { AZURE_AUTH_METHOD: 'magic' },
      'azuredns: AZURE_AUTH_METHOD "magic" is none of env, wli, msi, cli, oidc',
    ],
    ['gcloud', { GCE_SERVICE_ACCOUNT: '{' }, 'gcloud: GCE_SERVICE_ACCOUNT is no JSON'],
    [
      'gcloud',
      { GCE_SERVICE_ACCOUNT: '{"type":"x"}' },
      'gcloud: GCE_SERVICE_ACCOUNT: keys of type "x" are not supported',
    ],
    [
      'gcloud',
      { GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/x' },
      'GOOGLE_APPLICATION_CREDENTIALS can’t be read: ENOENT',
    ],
    [
      'acme-dns',
      { ACME_DNS_API_BASE: 'https://a.test' },
      'ACME_DNS_STORAGE_PATH or ACME_DNS_STORAGE_BASE_URL is missing',
    ],
  ])('%s with %j can’t be used', async (code, variables, said) => {
    expect(await reasonOf(providerAt(apis, code, variables))).toContain(said)
  })
})

test('a zone does not begin where a name is an alias to the start of another', async () => {
  const resolver = await resolverOf([apis.nameServer])
  expect(await zoneOf('_acme-challenge.www.zone.test.', resolver)).toBe('zone.test.')
  expect(await zoneOf('_acme-challenge.other.test.', resolver)).toBe('other.test.')
})

test('an API that wants to be left alone for a moment is', async () => {
  let isEarly = true
  apis.fault = () => {
    const reply = isEarly ? { status: 429, headers: { 'retry-after': '1' }, text: 'slow down' } : null
    isEarly = false
    return reply
  }
  await expectPut('cloudflare', { CF_DNS_API_TOKEN: CLOUDFLARE_TOKEN })
  expect(requests().slice(0, 2)).toEqual(Array(2).fill('GET api.cloudflare.com/client/v4/zones'))
})

test('an API that is silent for longer than a variable says is given up', async () => {
  const provider = await providerAt(apis, 'cloudflare', { CF_DNS_API_TOKEN: CLOUDFLARE_TOKEN, CF_HTTP_TIMEOUT: '1' })
  apis.fault = () => 'silence'
  expect(await reasonOf(provider.present(own, limit()))).toMatch(
    /^cloudflare: can’t find the zone: GET https:\/\/api\.cloudflare\.com\/client\/v4\/zones: (?:no whole answer within|silent for) 1 s$/,
  )
})

describe('Google', () => {
  test.each<[string, Record<string, string>]>([
    ['a key in a file', { GOOGLE_APPLICATION_CREDENTIALS: 'service.json' }],
    ['somebody who has logged in', { GOOGLE_APPLICATION_CREDENTIALS: 'user.json', GCE_PROJECT: 'project-1' }],
    ['a token', { GCE_ACCESS_TOKEN: GOOGLE_TOKEN, GCE_PROJECT: 'project-1' }],
    ['a machine', {}],
    ['a zone that is named', { GCE_SERVICE_ACCOUNT: googleAccount, GCE_ZONE_ID: 'outer' }],
    [
      'another account',
      {
        GCE_SERVICE_ACCOUNT: googleAccount,
        GCE_IMPERSONATE_SERVICE_ACCOUNT: 'other@project-1.iam.gserviceaccount.com',
      },
    ],
  ])('by %s', async (_, variables) => {
    file('service.json', googleAccount)
    const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'google-refresh-token' }
    file('user.json', JSON.stringify(user))
    const name = variables.GOOGLE_APPLICATION_CREDENTIALS
    await expectPut('gcloud', {
      ...variables,
      ...(name === undefined ? {} : { GOOGLE_APPLICATION_CREDENTIALS: path.join(folder, name) }),
    })
  })

  test('a token is asked for once', async () => {
    const provider = await providerAt(apis, 'gcloud', { GCE_SERVICE_ACCOUNT: googleAccount })
    await provider.present(own, limit())
    await provider.cleanUp(own, limit())
    expect(requests().filter((request) => request.includes('oauth2'))).toHaveLength(1)
  })
})

describe('Azure', () => {
  const client = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' }

  test('by a workload’s token, read each time', () =>
    expectPut('azuredns', { ...client, AZURE_FEDERATED_TOKEN_FILE: file('token', `${AZURE_FEDERATED_TOKEN}\n`) }))

  test('by the identity of a machine', () => expectPut('azuredns', { AZURE_AUTH_METHOD: 'msi' }))

  test('by a token of somebody else', () =>
    expectPut('azuredns', { ...client, AZURE_AUTH_METHOD: 'oidc', AZURE_OIDC_TOKEN: AZURE_FEDERATED_TOKEN }))

  test.each<[string, Record<string, string>, string]>([
    [
      'AZURE_OIDC_REQUEST_URL',
      { AZURE_OIDC_REQUEST_URL: 'http://tokens.test/ask?x=1', AZURE_OIDC_REQUEST_TOKEN: 'may-ask' },
      'x=1&audience=api%3A%2F%2FAzureADTokenExchange',
    ],
    [
      'those of GitHub',
      {
        ACTIONS_ID_TOKEN_REQUEST_URL: 'http://tokens.test/ask?audience=own',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'may-ask',
      },
      'audience=own',
    ],
  ])('by a token that is asked for: %s', async (_, variables, query) => {
    apis.fault = ({ host }) => (host === 'tokens.test' ? { json: { value: AZURE_FEDERATED_TOKEN } } : null)
    await expectPut('azuredns', { ...client, AZURE_AUTH_METHOD: 'oidc', ...variables })
    const [asked] = apis.calls.filter(({ host }) => host === 'tokens.test')
    expect(asked).toMatchObject({ method: 'GET', path: '/ask', headers: { authorization: 'Bearer may-ask' } })
    expect(String(asked!.query)).toBe(query)
  })

  test('by a run of a pipeline', async () => {
    apis.fault = ({ host }) => (host === 'pipelines.test' ? { json: { oidcToken: AZURE_FEDERATED_TOKEN } } : null)
    await expectPut('azuredns', {
      ...client,
      AZURE_AUTH_METHOD: 'pipeline',
      AZURE_SERVICE_CONNECTION_ID: 'connection-1',
      AZURE_SYSTEM_ACCESS_TOKEN: 'may-ask',
      SYSTEM_OIDCREQUESTURI: 'http://pipelines.test/org/oidctoken',
    })
    const [asked] = apis.calls.filter(({ host }) => host === 'pipelines.test')
    const headers = { authorization: 'Bearer may-ask', 'x-tfs-fedauthredirect': 'Suppress' }
    expect(asked).toMatchObject({ method: 'POST', path: '/org/oidctoken', headers })
    expect(String(asked!.query)).toBe('api-version=7.1&serviceConnectionId=connection-1')
  })

  test.each(['oidc', 'pipeline'])('an answer without a token is an error: %s', async (method) => {
    apis.fault = ({ host }) => (host.endsWith('.test') ? { json: { token: 'x' } } : null)
    const provider = await providerAt(apis, 'azuredns', {
      ...client,
      AZURE_AUTH_METHOD: method,
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://tokens.test/',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'may-ask',
      AZURE_SERVICE_CONNECTION_ID: 'connection-1',
      AZURE_SYSTEM_ACCESS_TOKEN: 'may-ask',
      SYSTEM_OIDCREQUESTURI: 'http://pipelines.test/',
    })
    expect(await reasonOf(provider.present(own, limit()))).toMatch(/: the answer has no token$/)
  })

  const tokenOf = { json: { access_token: AZURE_TOKEN, expires_in: '3599', token_type: 'Bearer' } }

  test('by the identity of an application of App Service', async () => {
    apis.fault = ({ host }) => (host === 'service.test' ? tokenOf : null)
    await expectPut('azuredns', {
      AZURE_AUTH_METHOD: 'msi',
      IDENTITY_ENDPOINT: 'http://service.test/msi/token',
      IDENTITY_HEADER: 'own-header',
    })
    const [asked] = apis.calls.filter(({ host }) => host === 'service.test')
    expect(asked).toMatchObject({ method: 'GET', path: '/msi/token', headers: { 'x-identity-header': 'own-header' } })
    expect(String(asked!.query)).toBe('api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.core.windows.net%2F')
  })

  describe('Azure Arc', () => {
    const arc = {
      AZURE_AUTH_METHOD: 'msi',
      IDENTITY_ENDPOINT: 'http://arc.test/token',
      IMDS_ENDPOINT: 'http://arc.test',
    }
    const challenge = (realm: string) => ({ status: 401, headers: { 'www-authenticate': `Basic realm=${realm}` } })

    test('reads no file but its own', async () => {
      apis.fault = ({ host }) => (host === 'arc.test' ? challenge(file('stolen.key', 'secret')) : null)
      const provider = await providerAt(apis, 'azuredns', arc)
      expect(await reasonOf(provider.present(own, limit()))).toMatch(
        /: no file in \/var\/opt\/azcmagent\/tokens is named$/,
      )
      expect(requests().filter((request) => request.includes('arc.test'))).toEqual(['GET arc.test/token'])
      expect(JSON.stringify(apis.calls)).not.toContain('secret')
    })

    test('has the content of the file that is named', () => {
      const complaint = (reason: string) => new DnsApiError(reason, null, null)
      const secretOf = (realm: string) => arcSecret(`Basic realm=${realm}`, complaint, folder)
      expect(secretOf(file('one-1.key', 'secret\n'))).toBe('secret')
      expect(() => secretOf(file('one.txt', 'secret'))).toThrow(/^no file in/)
      expect(() => secretOf(`${folder}/../one.key`)).toThrow(/^no file in/)
      expect(() => secretOf(file('large.key', 'x'.repeat(5000)))).toThrow('the file that is named is too long')
      expect(() => secretOf(path.join(folder, 'none.key'))).toThrow('the file that is named can’t be read: ENOENT')
      expect(() => arcSecret(undefined, complaint, folder)).toThrow(/^no file in/)
    })
  })

  test('by a certificate', async () => {
    const { cert } = makeCertificate({ subject: cn('client') })
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    await expectPut('azuredns', { ...client, AZURE_CLIENT_CERTIFICATE_PATH: file('c.pem', `${key}${cert}`) })
    expect(
      await reasonOf(providerAt(apis, 'azuredns', { ...client, AZURE_CLIENT_CERTIFICATE_PATH: file('d.pem', 'x') })),
    ).toBe('azuredns: AZURE_CLIENT_CERTIFICATE_PATH has no certificate with its key as PEM')
  })

  test('filters are conditions of the search for zones', async () => {
    await expectPut('azuredns', {
      ...client,
      AZURE_CLIENT_SECRET: AZURE_SECRET,
      AZURE_SUBSCRIPTION_ID: 'subscription-1',
      AZURE_RESOURCE_GROUP: 'group-1',
      AZURE_SERVICEDISCOVERY_FILTER: "where tags['a'] == 'b'",
    })
    const search = apis.calls.find(({ path: below }) => below.includes('ResourceGraph'))!
    expect((JSON.parse(search.body) as { query: string }).query).toBe(`
resources
| where type =~ "microsoft.network/dnszones"
| where subscriptionId =~ "subscription-1"
| where resourceGroup =~ "group-1"
| where tags['a'] == 'b'
| project subscriptionId, resourceGroup, name`)
  })

  test('who has neither says so', async () => {
    apis.fault = ({ host }) => (host === '169.254.169.254' ? { status: 404, text: 'no' } : null)
    const provider = await providerAt(apis, 'azuredns', { PATH: folder })
    expect(await reasonOf(provider.present(own, limit()))).toMatch(
      /^azuredns: can’t get a token of the machine: .*: 404 Not Found: no; azuredns: az gives no token: ENOENT$/,
    )
  })
})

describe('Route 53', () => {
  const keys = { AWS_ACCESS_KEY_ID: AWS_KEYS.id, AWS_SECRET_ACCESS_KEY: AWS_KEYS.secret }

  test('in a zone that is named nobody looks for one, and the change need not be waited for', async () => {
    await expectPut('route53', { ...keys, AWS_HOSTED_ZONE_ID: 'Z1', AWS_WAIT_FOR_RECORD_SETS_CHANGED: 'false' })
    const rrset = 'route53.amazonaws.com/2013-04-01/hostedzone/Z1/rrset'
    expect(requests()).toEqual([`GET ${rrset}`, `POST ${rrset}`])
  })

  test('what is throttled is sent again', async () => {
    let times = 0
    const said = '<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>'
    apis.fault = () => (++times === 1 ? { status: 400, text: said } : null)
    await expectPut('route53', keys)
  })

  test('by a role that the keys may take', async () => {
    const bodies: URLSearchParams[] = []
    const sts = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      bodies.push(new URLSearchParams(body))
      response.end(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${AWS_KEYS.id}</AccessKeyId><SecretAccessKey>${AWS_KEYS.secret}</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      )
    })
    await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve))
    try {
      await expectPut('route53', {
        AWS_ACCESS_KEY_ID: 'other',
        AWS_SECRET_ACCESS_KEY: 'other-secret',
        AWS_ASSUME_ROLE_ARN: 'arn:aws:iam::1:role/dns',
        AWS_EXTERNAL_ID: 'external-1',
        AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(sts.address() as AddressInfo).port}`,
      })
    } finally {
      sts.closeAllConnections()
      sts.close()
    }
    expect(bodies).toHaveLength(1)
    expect(Object.fromEntries(bodies[0]!)).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: 'arn:aws:iam::1:role/dns',
      ExternalId: 'external-1',
    })
    expect(apis.calls.every(({ headers }) => headers['x-amz-security-token'] === 'session')).toBe(true)
  })
})

describe('acme-dns', () => {
  const variables = (storage: string) => ({
    ACME_DNS_API_BASE: 'https://acme-dns.test',
    ACME_DNS_STORAGE_PATH: storage,
  })

  test('an account is made once and kept; its alias has to be there', async () => {
    const storage = file('accounts.json', JSON.stringify({ 'a.test': { other: true } }))
    const provider = await providerAt(apis, 'acme-dns', variables(storage))
    const said = `acme-dns: there is a new account for www.zone.test: to go on, its zone needs the record ${STORED}. CNAME ${ACME_DNS_ACCOUNT.fulldomain}.`
    const results = await Promise.all([
      reasonOf(provider.present(own, limit())),
      reasonOf(provider.present(own, limit())),
    ])
    expect(results.sort()).toEqual([said, 'nothing went wrong'])
    expect(requests().filter((request) => request.endsWith('/register'))).toHaveLength(1)
    expect(JSON.parse(readFileSync(storage, 'utf8'))).toEqual({
      'a.test': { other: true },
      'www.zone.test': { ...ACME_DNS_ACCOUNT, server_url: 'https://acme-dns.test' },
    })
    expect(statSync(storage).mode & 0o777).toBe(0o600)
    expect(apis.store.texts(ACME_DNS_ACCOUNT.fulldomain)).toEqual([own.value])
  })

  test('a file that is broken is left alone', async () => {
    const storage = file('accounts.json', '{"a.test": {"password": "acme-dns-password')
    const provider = await providerAt(apis, 'acme-dns', variables(storage))
    expect(await reasonOf(provider.present(own, limit()))).toBe('acme-dns: the file of accounts is no JSON object')
    expect(readFileSync(storage, 'utf8')).toContain('acme-dns-password')
    expect(apis.calls).toEqual([])
  })
})

describe('others', () => {
  test('OVH by an access token', () => expectPut('ovh', { OVH_ACCESS_TOKEN: OVH_TOKEN }))

  test('OVH by a URL', () =>
    expectPut('ovh', {
      OVH_ENDPOINT: 'https://eu.api.ovh.com/1.0',
      OVH_APPLICATION_KEY: OVH_KEYS.key,
      OVH_APPLICATION_SECRET: OVH_KEYS.secret,
      OVH_CONSUMER_KEY: OVH_KEYS.consumer,
    }))

  test('Gandi by a key', async () => {
    const lines: string[] = []
    const provider = await providerAt(apis, 'gandiv5', { GANDIV5_API_KEY: GANDI_KEY }, lines)
    await provider.present(own, limit())
    expect(apis.store.texts(STORED)).toEqual([own.value])
    expect(lines).toEqual(['gandiv5: GANDIV5_API_KEY is deprecated, use GANDIV5_PERSONAL_ACCESS_TOKEN'])
  })

  test('Gandi’s former API: a copy of the zone that can’t be put in force is taken away', async () => {
    const provider = await providerAt(apis, 'gandi', { GANDI_API_KEY: GANDI_KEY })
    apis.fault = ({ body }) => (body.includes('domain.zone.set') ? { status: 500, text: 'oh no' } : null)
    expect(await reasonOf(provider.present(own, limit()))).toBe(
      'gandi: can’t call domain.zone.set: POST https://rpc.gandi.net/xmlrpc/: 500 Internal Server Error: oh no',
    )
    expect(await reasonOf(provider.cleanUp(own, limit()))).toContain('500 Internal Server Error')
    apis.fault = () => null
    await provider.present(own, limit())
    apis.calls.length = 0
    await provider.cleanUp(own, limit())
    expect(apis.calls.map(({ body }) => /<methodName>(.*)<\/methodName>/.exec(body)![1])).toEqual([
      'domain.zone.set',
      'domain.zone.delete',
    ])
  })

  test('PowerDNS says its version once, unless it is known', async () => {
    const pdns = { PDNS_API_URL: 'http://pdns.test', PDNS_API_KEY: PDNS_KEY }
    const provider = await providerAt(apis, 'pdns', pdns)
    await provider.present(own, limit())
    await provider.cleanUp(own, limit())
    expect(requests().filter((request) => request === 'GET pdns.test/api')).toHaveLength(1)
    apis.calls.length = 0
    await expectPut('pdns', { ...pdns, PDNS_API_VERSION: '1' })
    expect(requests()).not.toContain('GET pdns.test/api')
  })
})

import type { Api } from './server.ts'

export const AZURE_SECRET = 'azure-client-secret'
export const AZURE_TOKEN = 'azure-access-token'
export const AZURE_FEDERATED_TOKEN = 'azure-federated-token'

const LOGIN = 'https://login.microsoftonline.com'

/** The directory: what libraries ask for before they ask for a token, and tokens. */
export const azureLogin: Api = ({ path, body }) => {
  if (path === '/common/discovery/instance') {
    const names = ['login.microsoftonline.com']
    return {
      json: {
        tenant_discovery_endpoint: `${LOGIN}/tenant-1/v2.0/.well-known/openid-configuration`,
        'api-version': '1.1',
        metadata: [{ preferred_network: names[0], preferred_cache: names[0], aliases: names }],
      },
    }
  }
  if (path.endsWith('/openid-configuration')) {
    return {
      json: {
        token_endpoint: `${LOGIN}/tenant-1/oauth2/v2.0/token`,
        authorization_endpoint: `${LOGIN}/tenant-1/oauth2/v2.0/authorize`,
        issuer: `${LOGIN}/tenant-1/v2.0`,
      },
    }
  }
  const form = new URLSearchParams(body)
  const assertion = form.get('client_assertion') ?? ''
  const isGood =
    path === '/tenant-1/oauth2/v2.0/token' &&
    form.get('client_id') === 'client-1' &&
    form.get('grant_type') === 'client_credentials' &&
    form.get('scope')?.startsWith('https://management.core.windows.net//.default') === true &&
    (form.get('client_secret') === AZURE_SECRET ||
      assertion === AZURE_FEDERATED_TOKEN ||
      assertion.split('.').length === 3)
  if (!isGood) {
    return {
      status: 401,
      json: { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' },
    }
  }
  return { json: { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: AZURE_TOKEN } }
}

export const azureMachine: Api = ({ path, query, headers }) =>
  path === '/metadata/identity/oauth2/token' &&
  headers.metadata === 'true' &&
  query.get('resource') === 'https://management.core.windows.net/'
    ? { json: { access_token: AZURE_TOKEN, expires_in: '3599', token_type: 'Bearer' } }
    : { status: 400, json: { error: 'invalid_request', error_description: 'Required metadata header not specified' } }

interface Properties {
  TTL?: number
  ttl?: number
  TXTRecords?: { value: string[] }[]
  txtRecords?: { value: string[] }[]
}

export const azureManagement: Api = ({ method, path, query, headers, body }, store) => {
  const refuse = (status: number, code: string, message: string) => ({ status, json: { error: { code, message } } })
  if (headers.authorization !== `Bearer ${AZURE_TOKEN}`)
    return refuse(401, 'InvalidAuthenticationToken', 'The access token is invalid.')
  if (path === '/providers/Microsoft.ResourceGraph/resources') {
    const data = [{ name: 'zone.test', resourceGroup: 'group-1', subscriptionId: 'subscription-1' }]
    return { json: { totalRecords: 1, count: 1, resultTruncated: 'false', facets: [], data } }
  }
  const sets = '/subscriptions/subscription-1/resourceGroups/group-1/providers/Microsoft.Network'
  const [, labels] = new RegExp(`^${sets}/(?:dnsZones|privateDnsZones)/zone\\.test/TXT/([^/]+)$`).exec(path) ?? []
  const missing = refuse(404, 'NotFound', `The resource record ${labels} does not exist.`)
  if (labels === undefined || !query.has('api-version')) return missing
  const name = `${labels}.zone.test`
  if (method === 'PUT') {
    const { properties } = JSON.parse(body) as { properties: Properties }
    const records = properties.TXTRecords ?? properties.txtRecords ?? []
    store.set(
      name,
      records.map(({ value }) => value.join('')),
      properties.TTL ?? properties.ttl ?? 0,
    )
  }
  const values = store.texts(name)
  if (method === 'DELETE') {
    store.set(name, [], 0)
    return { status: values.length === 0 ? 204 : 200 }
  }
  if (values.length === 0) return missing
  const list = values.map((value) => ({ value: [value] }))
  const isPrivate = path.includes('privateDnsZones')
  const properties = isPrivate ? { ttl: 60, txtRecords: list } : { TTL: 60, TXTRecords: list }
  return { json: { name: labels, etag: 'e', properties: { fqdn: `${name}.`, ...properties } } }
}

import { generateKeyPairSync, verify } from 'node:crypto'
import type { Api, ApiCall } from './server.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const GOOGLE_TOKEN = 'google-token-of-the-account'
export const GOOGLE_OTHER_TOKEN = 'google-token-of-another'
export const GOOGLE_MACHINE_TOKEN = 'google-token-of-the-machine'

export const googleAccount = JSON.stringify({
  type: 'service_account',
  project_id: 'project-1',
  private_key_id: 'key-1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  client_email: 'dns@project-1.iam.gserviceaccount.com',
  token_uri: 'https://oauth2.googleapis.com/token',
})

const DNS = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite'
const PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'

export const googleTokens: Api = ({ body }) => {
  const form = new URLSearchParams(body)
  if (form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === 'google-refresh-token') {
    return { json: { access_token: GOOGLE_TOKEN, expires_in: 3599, token_type: 'Bearer' } }
  }
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const isSigned = verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))
  const said = isSigned ? (JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>) : {}
  const now = Date.now() / 1000
  const isGood =
    said.iss === 'dns@project-1.iam.gserviceaccount.com' &&
    said.aud === 'https://oauth2.googleapis.com/token' &&
    [DNS, PLATFORM].includes(String(said.scope)) &&
    Math.abs(Number(said.iat) - now) < 60 &&
    Number(said.exp) > now
  if (!isGood) return { status: 400, json: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } }
  return { json: { access_token: GOOGLE_TOKEN, expires_in: 3599, token_type: 'Bearer' } }
}

export const googleImpersonation: Api = ({ path, headers, body }) => {
  const isFine =
    decodeURIComponent(path) ===
      '/v1/projects/-/serviceAccounts/other@project-1.iam.gserviceaccount.com:generateAccessToken' &&
    headers.authorization === `Bearer ${GOOGLE_TOKEN}` &&
    (JSON.parse(body) as { scope: string[] }).scope[0] === DNS
  if (!isFine) return { status: 403, json: { error: { code: 403, message: 'Permission denied' } } }
  return { json: { accessToken: GOOGLE_OTHER_TOKEN, expireTime: new Date(Date.now() + 3600_000).toISOString() } }
}

export const googleMachine: Api = ({ path, headers }) => {
  if (headers['metadata-flavor'] !== 'Google') return { status: 403, text: 'Missing Metadata-Flavor:Google header.' }
  const flavour = { headers: { 'metadata-flavor': 'Google' } }
  if (path === '/computeMetadata/v1/project/project-id') return { text: 'project-1', ...flavour }
  if (path !== '/computeMetadata/v1/instance/service-accounts/default/token') return { status: 404, ...flavour }
  return { json: { access_token: GOOGLE_MACHINE_TOKEN, expires_in: 3000, token_type: 'Bearer' }, ...flavour }
}

interface Set {
  readonly name: string
  readonly ttl: number
  readonly rrdatas: readonly string[]
}

const setAt = ({ path }: ApiCall): string => path.replace('/dns/v1/projects/project-1/managedZones', '')

export const googleDns: Api = (call, store) => {
  const { method, query, headers, body } = call
  const tokens = [GOOGLE_TOKEN, GOOGLE_OTHER_TOKEN, GOOGLE_MACHINE_TOKEN]
  const refuse = (code: number, message: string) => ({ status: code, json: { error: { code, message, errors: [] } } })
  if (!tokens.some((token) => headers.authorization === `Bearer ${token}`)) return refuse(401, 'Invalid Credentials')
  const zone = (name: string, visibility: string) => ({ id: '1', name, dnsName: 'zone.test.', visibility })
  switch (setAt(call)) {
    case '':
      return {
        json: {
          managedZones:
            query.get('dnsName') === 'zone.test.' ? [zone('inner', 'private'), zone('outer', 'public')] : [],
        },
      }
    case '/outer':
      return { json: zone('outer', 'public') }
    case '/outer/rrsets': {
      const name = query.get('name')!
      const rrdatas = store.texts(name).map((value) => `"${value}"`)
      const ttl = store.at(name)[0]?.ttl
      return {
        json: {
          rrsets: rrdatas.length === 0 ? [] : [{ kind: 'dns#resourceRecordSet', name, type: 'TXT', ttl, rrdatas }],
        },
      }
    }
    case '/outer/changes/5':
      return { json: { id: '5', status: 'done' } }
    case '/outer/changes': {
      const { additions = [], deletions = [] } = JSON.parse(body) as { additions?: Set[]; deletions?: Set[] }
      for (const { name, rrdatas } of deletions) {
        const isAsItStands = rrdatas.map((value) => value.replace(/^"|"$/g, '')).join() === store.texts(name).join()
        if (!isAsItStands) return refuse(412, `Precondition not met for 'entity.change.deletions[${name}]'`)
        store.set(name, [], 0)
      }
      for (const { name, rrdatas, ttl } of additions) store.set(name, rrdatas, ttl)
      return { json: { id: '5', status: method === 'POST' ? 'pending' : 'done', additions, deletions } }
    }
    default:
      return refuse(404, 'The resource named here does not exist')
  }
}

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { childOf, textOf } from '../fields.ts'
import { type AccessToken, keptToken, readToken } from './access-token.ts'
import { DnsApi, type DnsApiPorts } from './api.ts'
import type { Environment } from './environment.ts'
import { jsonWebToken } from './json-web-token.ts'

/** Who we are at Google. */
export interface GoogleIdentity {
  token(signal: AbortSignal): Promise<string>
  /** The project that zones are looked for in. */
  project(signal: AbortSignal): Promise<string>
}

const PROVIDER = 'gcloud'
const DNS_SCOPE = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite'
const PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const TOKEN_URI = 'https://oauth2.googleapis.com/token'
const METADATA_HOST = 'metadata.google.internal'
const TIMEOUT_MS = 30_000
/** Elsewhere than at Google nobody answers there. */
const METADATA_TIMEOUT_MS = 3_000
const LIFE_S = 3600

type AskToken = (signal: AbortSignal) => Promise<AccessToken>

/** A kept key: of a service account, or of somebody who has logged in by `gcloud`. */
interface KeyFile {
  readonly project: string
  /** @param scopes what the token is to be good for */
  ask(scopes: string): AskToken
}

/**
 * In lego's order: `GCE_SERVICE_ACCOUNT`, `GCE_ACCESS_TOKEN`, `GOOGLE_APPLICATION_CREDENTIALS`, the file that `gcloud`
 * writes, the machine; of another account where `GCE_IMPERSONATE_SERVICE_ACCOUNT` names one.
 * @throws Error where a key can't be used
 */
export function googleIdentity(env: Environment, ports: DnsApiPorts): GoogleIdentity {
  const impersonated = env.text('GCE_IMPERSONATE_SERVICE_ACCOUNT')
  const given = env.text('GCE_SERVICE_ACCOUNT')
  const fixed = env.text('GCE_ACCESS_TOKEN')
  const usesFixed = given === '' && impersonated === '' && fixed !== ''
  const file = given === '' ? defaultFile(env) : { name: 'GCE_SERVICE_ACCOUNT', text: given }
  const key = file === null || usesFixed ? null : readKey(file, ports)
  const scopes = impersonated === '' ? DNS_SCOPE : PLATFORM_SCOPE
  const machine = metadata(env, ports)
  const own = key?.ask(scopes) ?? machine.ask(scopes)
  const ask = impersonated === '' ? own : impersonation(impersonated, own, ports)
  const kept = keptToken(ask, () => ports.clock.date())
  let project = env.text('GCE_PROJECT') || (key?.project ?? '')
  return {
    token: usesFixed ? async () => fixed : kept,
    async project(signal) {
      if (project === '') project = await machine.project(signal)
      return project
    },
  }
}

interface NamedText {
  readonly name: string
  readonly text: string
}

/** Null: there is none. */
function defaultFile(env: Environment): NamedText | null {
  const named = env.all.GOOGLE_APPLICATION_CREDENTIALS || ''
  const folder = env.all.CLOUDSDK_CONFIG || path.join(env.all.HOME || homedir(), '.config', 'gcloud')
  const file = named || path.join(folder, 'application_default_credentials.json')
  try {
    return { name: file, text: readFileSync(file, 'utf8') }
  } catch (error) {
    if (named === '') return null
    throw new Error(`gcloud: GOOGLE_APPLICATION_CREDENTIALS can’t be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function readKey({ name, text }: NamedText, ports: DnsApiPorts): KeyFile {
  const content = parse(name, text)
  const type = textOf(content, 'type')
  const uri = URL.parse(textOf(content, 'token_uri') || TOKEN_URI)
  if (uri === null) throw new Error(`gcloud: ${name}: token_uri is no URL`)
  const project = textOf(content, 'project_id')
  if (type === 'service_account') {
    const email = textOf(content, 'client_email')
    const id = textOf(content, 'private_key_id')
    const key = privateKey(name, textOf(content, 'private_key'))
    const api = tokenApi(uri, [], ports)
    const assertion = (scope: string): string => {
      const iat = Math.floor(ports.clock.date().getTime() / 1000)
      return jsonWebToken(key, id === '' ? {} : { kid: id }, {
        iss: email,
        scope,
        aud: uri.href,
        iat,
        exp: iat + LIFE_S,
      })
    }
    const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    return {
      project,
      ask: (scope) => (signal) => exchange(api, uri, { grant_type: grant, assertion: assertion(scope) }, ports, signal),
    }
  }
  if (type === 'authorized_user') {
    const secret = textOf(content, 'client_secret')
    const refresh_token = textOf(content, 'refresh_token')
    const api = tokenApi(uri, [secret, refresh_token], ports)
    const client = { client_id: textOf(content, 'client_id'), client_secret: secret }
    // Its scopes were chosen when the user logged in.
    return {
      project,
      ask: () => (signal) =>
        exchange(api, uri, { grant_type: 'refresh_token', refresh_token, ...client }, ports, signal),
    }
  }
  throw new Error(
    `gcloud: ${name}: keys of type ${JSON.stringify(type)} are not supported: service_account, authorized_user`,
  )
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's words repeat a piece of the content: it is a key.
    throw new Error(`gcloud: ${name} is no JSON`)
  }
}

function privateKey(name: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Error(`gcloud: ${name}: private_key is no private key`)
  }
}

const tokenApi = (uri: URL, secrets: readonly string[], ports: DnsApiPorts): DnsApi =>
  new DnsApi(
    {
      provider: PROVIDER,
      endpoint: uri.origin,
      timeoutMs: TIMEOUT_MS,
      secrets,
      said: (content) => textOf(content, 'error_description') || textOf(content, 'error'),
    },
    ports,
  )

async function exchange(
  api: DnsApi,
  uri: URL,
  form: Readonly<Record<string, string>>,
  { clock }: DnsApiPorts,
  signal: AbortSignal,
): Promise<AccessToken> {
  const call = { operation: 'get an access token', method: 'POST', path: uri.pathname, form } as const
  return readToken(await api.ask(call, signal), clock.date())
}

/** What the machine says about itself. */
function metadata(env: Environment, ports: DnsApiPorts) {
  const host = env.all.GCE_METADATA_HOST || METADATA_HOST
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: `http://${host}`,
      timeoutMs: METADATA_TIMEOUT_MS,
      headers: { 'metadata-flavor': 'Google' },
      secrets: [],
      client: { isDirect: true },
    },
    ports,
  )
  const path = '/computeMetadata/v1'
  const hint = 'GCE_SERVICE_ACCOUNT, or a machine of Google, is needed'
  const ask = async (what: string, below: string, query: Readonly<Record<string, string>>, signal: AbortSignal) => {
    try {
      return await api.ask(
        { operation: `ask the machine for ${what}`, method: 'GET', path: `${path}${below}`, query },
        signal,
      )
    } catch (error) {
      signal.throwIfAborted()
      throw new Error(`${(error as Error).message}; ${hint}`, { cause: error })
    }
  }
  return {
    ask: (scopes: string) => async (signal: AbortSignal) =>
      readToken(
        await ask('a token', '/instance/service-accounts/default/token', { scopes }, signal),
        ports.clock.date(),
      ),
    project: async (signal: AbortSignal) => {
      const answer = await ask('its project', '/project/project-id', {}, signal)
      const project = answer.text().trim()
      if (!/^[a-z0-9:.-]{1,100}$/.test(project)) throw answer.complaint('the answer is no project')
      return project
    },
  }
}

/** A token of another service account, which ours may act for. */
function impersonation(account: string, own: AskToken, ports: DnsApiPorts): AskToken {
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: 'https://iamcredentials.googleapis.com',
      timeoutMs: TIMEOUT_MS,
      secrets: [],
      said: (content) => textOf(childOf(content, 'error'), 'message'),
    },
    ports,
  )
  return async (signal) => {
    const { text } = await own(signal)
    const answer = await api.ask(
      {
        operation: `act for ${account}`,
        method: 'POST',
        path: `/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`,
        json: { scope: [DNS_SCOPE], lifetime: `${LIFE_S}s` },
        headers: { authorization: `Bearer ${text}` },
      },
      signal,
    )
    const token = textOf(answer.json(), 'accessToken')
    const end = Date.parse(textOf(answer.json(), 'expireTime'))
    if (token === '' || Number.isNaN(end)) throw answer.complaint('the answer has no access token')
    return { text: token, expiresAt: end }
  }
}

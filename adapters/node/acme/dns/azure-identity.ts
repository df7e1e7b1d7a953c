import { execFile } from 'node:child_process'
import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { childOf, textOf } from '../fields.ts'
import { type AccessToken, keptToken, readToken } from './access-token.ts'
import { DnsApi, DnsApiError, type DnsApiPorts } from './api.ts'
import type { Environment } from './environment.ts'
import { jsonWebToken } from './json-web-token.ts'

/** One of Microsoft's clouds. */
export interface AzureCloud {
  readonly login: string
  readonly management: string
  /** What tokens are for. */
  readonly audience: string
}

const PROVIDER = 'azuredns'
const TIMEOUT_MS = 30_000
const IMDS = 'http://169.254.169.254'
const MSI_TIMEOUT_MS = 2_000
const CLI_TIMEOUT_MS = 10_000
const LIFE_S = 600
const METHODS = ['env', 'wli', 'msi', 'cli', 'oidc', 'pipeline']
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const OIDC_AUDIENCE = 'api://AzureADTokenExchange'

type AskToken = (signal: AbortSignal) => Promise<AccessToken>

/**
 * Tokens by `AZURE_AUTH_METHOD`; without it, what the variables are there for: a secret or a certificate (`env`),
 * a workload's identity (`wli`), else that of the machine, else who has logged in by `az`.
 * @throws Error where variables are missing or can't be used
 */
export function azureTokens(
  env: Environment,
  cloud: AzureCloud,
  ports: DnsApiPorts,
): (signal: AbortSignal) => Promise<string> {
  const method = env.text('AZURE_AUTH_METHOD').toLowerCase()
  if (method !== '' && !METHODS.includes(method)) {
    throw new Error(`azuredns: AZURE_AUTH_METHOD ${JSON.stringify(method)} is none of ${METHODS.join(', ')}`)
  }
  const ask = askerFor(method || methodFor(env), method === '', env, cloud, ports)
  return keptToken(ask, () => ports.clock.date())
}

function methodFor(env: Environment): string {
  const isNamed = env.text('AZURE_TENANT_ID') !== '' && env.text('AZURE_CLIENT_ID') !== ''
  if (isNamed && env.text('AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PATH') !== '') return 'env'
  return isNamed && env.text('AZURE_FEDERATED_TOKEN_FILE') !== '' ? 'wli' : 'msi'
}

function askerFor(method: string, isGuess: boolean, env: Environment, cloud: AzureCloud, ports: DnsApiPorts): AskToken {
  if (method === 'env') {
    if (env.text('AZURE_CLIENT_SECRET') === '' && env.text('AZURE_CLIENT_CERTIFICATE_PATH') !== '') {
      return byAssertion(certificateAssertion(env, cloud, ports), env, cloud, ports)
    }
    const [, , secret = ''] = env.neededAll(PROVIDER, ['AZURE_TENANT_ID'], ['AZURE_CLIENT_ID'], ['AZURE_CLIENT_SECRET'])
    return byClient(async () => ({ client_secret: secret }), env, cloud, ports, [secret])
  }
  if (method === 'wli') {
    const file = env.needed(PROVIDER, 'AZURE_FEDERATED_TOKEN_FILE')
    return byAssertion(async () => readText('AZURE_FEDERATED_TOKEN_FILE', file), env, cloud, ports)
  }
  if (method === 'oidc') return byAssertion(oidcAssertion(env, ports), env, cloud, ports)
  if (method === 'pipeline') return byAssertion(pipelineAssertion(env, ports), env, cloud, ports)
  if (method === 'cli') return byCli(env, cloud)
  const machine = byMachine(env, isGuess ? env.text('AZURE_CLIENT_ID') : '', cloud, ports)
  if (!isGuess) return machine
  const cli = byCli(env, cloud)
  return async (signal) => {
    try {
      return await machine(signal)
    } catch (error) {
      signal.throwIfAborted()
      // Elsewhere than at Microsoft nobody answers: who has logged in by hand may do it.
      return cli(signal).catch((second: Error) => {
        throw new Error(`${(error as Error).message}; ${second.message}`, { cause: error })
      })
    }
  }
}

function byClient(
  proof: (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>,
  env: Environment,
  cloud: AzureCloud,
  ports: DnsApiPorts,
  secrets: readonly string[],
): AskToken {
  const [tenant = '', client_id = ''] = env.neededAll(PROVIDER, ['AZURE_TENANT_ID'], ['AZURE_CLIENT_ID'])
  const api = apiAt(cloud.login, ports, { secrets })
  const path = `/${encodeURIComponent(tenant)}/oauth2/v2.0/token`
  return async (signal) => {
    const form = {
      client_id,
      grant_type: 'client_credentials',
      scope: `${cloud.audience}/.default`,
      ...(await proof(signal)),
    }
    const answer = await api.ask({ operation: 'get an access token', method: 'POST', path, form }, signal)
    return readToken(answer, ports.clock.date())
  }
}

const byAssertion = (
  assertion: (signal: AbortSignal) => Promise<string>,
  env: Environment,
  cloud: AzureCloud,
  ports: DnsApiPorts,
): AskToken =>
  byClient(
    async (signal) => ({ client_assertion_type: ASSERTION, client_assertion: await assertion(signal) }),
    env,
    cloud,
    ports,
    [],
  )

function apiAt(
  endpoint: string,
  ports: DnsApiPorts,
  {
    secrets = [],
    timeoutMs = TIMEOUT_MS,
    isDirect = false,
  }: { secrets?: readonly string[]; timeoutMs?: number; isDirect?: boolean } = {},
): DnsApi {
  const said = (content: unknown): string =>
    textOf(content, 'error_description') || textOf(content, 'message') || textOf(childOf(content, 'error'), 'message')
  return new DnsApi({ provider: PROVIDER, endpoint, timeoutMs, secrets, said, client: { isDirect } }, ports)
}

function readText(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Error(`azuredns: ${name} can’t be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** A token that the key of a certificate signs; the file holds both as PEM. */
function certificateAssertion(env: Environment, cloud: AzureCloud, { clock }: DnsApiPorts): () => Promise<string> {
  const name = 'AZURE_CLIENT_CERTIFICATE_PATH'
  const pem = readText(name, env.text(name))
  const passphrase = env.text('AZURE_CLIENT_CERTIFICATE_PASSWORD')
  const tenant = env.text('AZURE_TENANT_ID')
  const client = env.text('AZURE_CLIENT_ID')
  try {
    const key = createPrivateKey(passphrase === '' ? pem : { key: pem, passphrase })
    const x5t = createHash('sha1').update(new X509Certificate(pem).raw).digest('base64url')
    return async () => {
      const nbf = Math.floor(clock.date().getTime() / 1000)
      const aud = `${cloud.login}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`
      return jsonWebToken(key, { x5t }, { aud, iss: client, sub: client, jti: randomUUID(), nbf, exp: nbf + LIFE_S })
    }
  } catch (error) {
    throw new Error(`azuredns: ${name} has no certificate with its key as PEM`, { cause: error })
  }
}

/** A token of somebody else that Azure trusts: as it is, in a file, or asked for at `AZURE_OIDC_REQUEST_URL`. */
function oidcAssertion(env: Environment, ports: DnsApiPorts): (signal: AbortSignal) => Promise<string> {
  const text = env.text('AZURE_OIDC_TOKEN').trim()
  const file = env.text('AZURE_OIDC_TOKEN_FILE_PATH')
  if (file !== '') return async () => readText('AZURE_OIDC_TOKEN_FILE_PATH', file)
  if (text !== '') return async () => text
  const [url = '', token = ''] = env.neededAll(
    PROVIDER,
    ['AZURE_OIDC_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'ARM_OIDC_REQUEST_URL'],
    ['AZURE_OIDC_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ARM_OIDC_REQUEST_TOKEN'],
  )
  const parsed = URL.parse(url)
  if (parsed === null) throw new Error('azuredns: AZURE_OIDC_REQUEST_URL is no URL')
  if (!parsed.searchParams.has('audience')) parsed.searchParams.set('audience', OIDC_AUDIENCE)
  const api = apiAt(parsed.origin, ports, { secrets: [token] })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' }
  const path = `${parsed.pathname}${parsed.search}`
  return async (signal) => {
    const answer = await api.ask({ operation: 'get a token of OIDC', method: 'GET', path, headers }, signal)
    const value = textOf(answer.json(), 'value')
    if (value === '') throw answer.complaint('the answer has no token')
    return value
  }
}

/** A token of a run of Azure Pipelines. */
function pipelineAssertion(env: Environment, ports: DnsApiPorts): (signal: AbortSignal) => Promise<string> {
  const [connection = '', token = '', uri = ''] = env.neededAll(
    PROVIDER,
    [
      'AZURE_SERVICE_CONNECTION_ID',
      'SERVICE_CONNECTION_ID',
      'ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID',
      'ARM_OIDC_AZURE_SERVICE_CONNECTION_ID',
    ],
    ['AZURE_SYSTEM_ACCESS_TOKEN', 'ARM_OIDC_REQUEST_TOKEN', 'SYSTEM_ACCESSTOKEN'],
    ['SYSTEM_OIDCREQUESTURI'],
  )
  const parsed = URL.parse(uri)
  if (parsed === null) throw new Error('azuredns: SYSTEM_OIDCREQUESTURI is no URL')
  const api = apiAt(parsed.origin, ports, { secrets: [token] })
  const query = { 'api-version': '7.1', serviceConnectionId: connection }
  const headers = { authorization: `Bearer ${token}`, 'x-tfs-fedauthredirect': 'Suppress' }
  return async (signal) => {
    const call = { operation: 'get a token of OIDC', method: 'POST', path: parsed.pathname, query, headers } as const
    const answer = await api.ask(call, signal)
    const value = textOf(answer.json(), 'oidcToken')
    if (value === '') throw answer.complaint('the answer has no token')
    return value
  }
}

/** The identity of the machine: of App Service, of Azure Arc, else of a virtual machine. */
function byMachine(env: Environment, clientId: string, cloud: AzureCloud, ports: DnsApiPorts): AskToken {
  const timeoutMs = env.seconds(MSI_TIMEOUT_MS, 'AZURE_AUTH_MSI_TIMEOUT') || TIMEOUT_MS
  const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '', IMDS_ENDPOINT = '' } = env.all
  const isService = IDENTITY_ENDPOINT !== '' && IDENTITY_HEADER !== ''
  const isArc = !isService && IDENTITY_ENDPOINT !== '' && IMDS_ENDPOINT !== ''
  const url = URL.parse(isService || isArc ? IDENTITY_ENDPOINT : `${IMDS}/metadata/identity/oauth2/token`)
  if (url === null) throw new Error('azuredns: IDENTITY_ENDPOINT is no URL')
  const api = apiAt(url.origin, ports, { secrets: [IDENTITY_HEADER], timeoutMs, isDirect: true })
  const call = {
    operation: 'get a token of the machine',
    method: 'GET',
    path: url.pathname,
    query: {
      'api-version': isService ? '2019-08-01' : isArc ? '2020-06-01' : '2018-02-01',
      resource: cloud.audience,
      ...(clientId === '' || isArc ? {} : { client_id: clientId }),
    },
  } as const
  return async (signal) => {
    const headers: Readonly<Record<string, string>> = isService
      ? { 'x-identity-header': IDENTITY_HEADER }
      : { metadata: 'true' }
    const answer = await api.ask({ ...call, headers, ...(isArc ? { accept: [401] } : {}) }, signal)
    if (answer.status !== 401) return readToken(answer, ports.clock.date())
    const secret = arcSecret(answer.headers['www-authenticate'], answer.complaint)
    const again = { ...headers, authorization: `Basic ${secret}` }
    return readToken(await api.ask({ ...call, headers: again }, signal), ports.clock.date())
  }
}

/** Where Azure Arc puts its files. */
const ARC_FOLDER = '/var/opt/azcmagent/tokens'
const MOST_SECRET_BYTES = 4096

/** Azure Arc wants to see that we may read a file that it names: none but those that it writes. */
export function arcSecret(
  challenge: string | undefined,
  complaint: (reason: string) => DnsApiError,
  folder = ARC_FOLDER,
): string {
  const [, file = ''] = /^Basic realm=(.+)$/.exec(challenge ?? '') ?? []
  if (dirname(file) !== folder || !/^[\w-]+\.key$/.test(basename(file))) {
    throw complaint(`no file in ${folder} is named`)
  }
  try {
    if (statSync(file).size > MOST_SECRET_BYTES) throw complaint('the file that is named is too long')
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (error instanceof DnsApiError) throw error
    throw complaint(`the file that is named can’t be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Who has logged in by the program `az`. */
function byCli(env: Environment, cloud: AzureCloud): AskToken {
  const tenant = env.text('AZURE_TENANT_ID')
  const args = ['account', 'get-access-token', '-o', 'json', '--resource', cloud.audience]
  if (tenant !== '') args.push('--tenant', tenant)
  return (signal) =>
    new Promise((resolve, reject) => {
      const options = { signal, timeout: CLI_TIMEOUT_MS, maxBuffer: 1024 * 1024, env: env.all as NodeJS.ProcessEnv }
      execFile('az', args, options, (error, output) => {
        if (error !== null) {
          // What it was run with and what it printed may hold more than is to be shown.
          return reject(new Error(`azuredns: az gives no token: ${String(error.code ?? error.signal ?? 'it failed')}`))
        }
        const token = tokenOfCli(output)
        if (token === null) reject(new Error('azuredns: az gives no token that can be read'))
        else resolve(token)
      })
    })
}

function tokenOfCli(output: string): AccessToken | null {
  try {
    const content = JSON.parse(output) as unknown
    const text = textOf(content, 'accessToken')
    const on = Number(childOf(content, 'expires_on')) * 1000 || Date.parse(textOf(content, 'expiresOn'))
    return text === '' || Number.isNaN(on) ? null : { text, expiresAt: on }
  } catch {
    // The parser's words repeat a piece of the output.
    return null
  }
}

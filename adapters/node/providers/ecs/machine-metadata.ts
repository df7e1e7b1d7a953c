import { type ApiClient, createApiClient } from '../api-client/client.ts'
import type { CredentialSource, Environment } from './credentials.ts'
import { readCredentials } from './credentials-answer.ts'

/** Where machines of EC2 are told about themselves, by version 2 of the protocol: a token first. */
const ENDPOINT = 'http://169.254.169.254'
const TOKEN_SECONDS = 21_600
/** Elsewhere nobody answers there. */
const TIMEOUT_MS = 2_000

/** The role of the machine. */
export const machineCredentials: CredentialSource = (env, _, signal) =>
  asked(
    env,
    async (get) => {
      const path = '/latest/meta-data/iam/security-credentials/'
      const role = (await get(path, signal)).trim().split('\n')[0]!
      if (role === '') throw new Error('the machine has no role')
      return readCredentials(parsed(await get(`${path}${encodeURIComponent(role)}`, signal)))
    },
    signal,
  )

/** The region of the machine; null: it is none of EC2. */
export const machineRegion = (env: Environment, signal: AbortSignal): Promise<string | null> =>
  asked(env, async (get) => (await get('/latest/meta-data/placement/region', signal)).trim(), signal)

/** Null: nobody answers, or nobody is to be asked. */
async function asked<T>(
  env: Environment,
  ask: (get: (path: string, signal: AbortSignal) => Promise<string>) => Promise<T>,
  signal: AbortSignal,
): Promise<T | null> {
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') return null
  const endpoint = env.AWS_EC2_METADATA_SERVICE_ENDPOINT || ENDPOINT
  const client = createApiClient({ endpoint, timeoutMs: TIMEOUT_MS, isDirect: true })
  try {
    const token = await tokenOf(client, signal)
    if (token === null) return null
    const headers = { 'x-aws-ec2-metadata-token': token }
    return await ask(async (path, until) => (await client.get(path, { signal: until, headers })).text())
  } finally {
    client.close()
  }
}

async function tokenOf(client: ApiClient, signal: AbortSignal): Promise<string | null> {
  try {
    const answer = await client.request('/latest/api/token', {
      method: 'PUT',
      body: '',
      signal,
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
    })
    return answer.text()
  } catch (error) {
    if (signal.aborted) throw error
    // No machine of EC2.
    return null
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the answer holds no credentials')
  }
}

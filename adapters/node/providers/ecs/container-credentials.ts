import { readFileSync } from 'node:fs'
import { createApiClient } from '../api-client/client.ts'
import type { CredentialSource } from './credentials.ts'
import { readCredentials } from './credentials-answer.ts'

/** Where ECS tells its tasks their credentials. */
const HOST = 'http://169.254.170.2'
/** Without TLS credentials are taken from these only, as in Amazon's own libraries. */
const TRUSTED: readonly string[] = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']
const TIMEOUT_MS = 5_000

/** The role of a task (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`) or of a pod (`AWS_CONTAINER_CREDENTIALS_FULL_URI`). */
export const containerCredentials: CredentialSource = async (env, _, signal) => {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path = '', AWS_CONTAINER_CREDENTIALS_FULL_URI: full = '' } = env
  if (path === '' && full === '') return null
  const url = URL.parse(path === '' ? full : `${HOST}${path}`)
  if (url === null || !isTrusted(url)) throw new Error('the endpoint of container credentials is not to be trusted')
  const client = createApiClient({ endpoint: url.origin, timeoutMs: TIMEOUT_MS, isDirect: true })
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } = env
  const authorization = file === '' ? token : readFileSync(file, 'utf8').trim()
  try {
    const headers = authorization === '' ? {} : { authorization }
    return readCredentials((await client.get(`${url.pathname}${url.search}`, { signal, headers })).json())
  } finally {
    client.close()
  }
}

function isTrusted({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true
  if (protocol !== 'http:') return false
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.') || TRUSTED.includes(hostname)
}

import { readFileSync } from 'node:fs'
import { childOf, parseXml, textOf } from '../../../../src/compiler/discovery/ecs/xml.ts'
import { createApiClient } from '../api-client/client.ts'
import { endpointOf } from './aws-client.ts'
import { awsError, faultOf } from './aws-error.ts'
import type { CredentialSource, Credentials } from './credentials.ts'
import { readCredentials } from './credentials-answer.ts'

const TIMEOUT_MS = 10_000
const ANY_STATUS = Array.from({ length: 400 }, (_, at) => 200 + at)

/** A token that somebody else vouches for is exchanged for the credentials of a role. */
export interface WebIdentity {
  readonly tokenFile: string
  readonly roleArn: string
  readonly sessionName: string
}

/** `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`, as Kubernetes sets them. */
export const webIdentityCredentials: CredentialSource = async (env, region, signal) => {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile = '', AWS_ROLE_ARN: roleArn = '' } = env
  if (tokenFile === '' || roleArn === '') return null
  const identity = { tokenFile, roleArn, sessionName: env.AWS_ROLE_SESSION_NAME || 'signalbox' }
  return await assumeRole(identity, endpointOf('sts', region, env), signal)
}

/** The file is read each time: the token in it is renewed. */
export async function assumeRole(identity: WebIdentity, endpoint: string, signal: AbortSignal): Promise<Credentials> {
  const client = createApiClient({ endpoint, timeoutMs: TIMEOUT_MS })
  const action = 'AssumeRoleWithWebIdentity'
  const body = new URLSearchParams({
    Action: action,
    Version: '2011-06-15',
    RoleArn: identity.roleArn,
    RoleSessionName: identity.sessionName,
    WebIdentityToken: readFileSync(identity.tokenFile, 'utf8').trim(),
  }).toString()
  try {
    const answer = await client.request('/', {
      method: 'POST',
      body,
      signal,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      accept: ANY_STATUS,
    })
    if (answer.status !== 200) throw awsError(action, client.peer, answer.status, faultOf(answer.text()))
    const found = childOf(childOf(parseXml(answer.text()), `${action}Result`), 'Credentials')
    return readCredentials({
      AccessKeyId: textOf(found, 'AccessKeyId'),
      SecretAccessKey: textOf(found, 'SecretAccessKey'),
      Token: textOf(found, 'SessionToken'),
      Expiration: textOf(found, 'Expiration'),
    })
  } finally {
    client.close()
  }
}

import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { endpointOf } from './aws-client.ts'
import type { CredentialSource, Environment } from './credentials.ts'
import { assumeRole } from './web-identity.ts'

type Profile = Readonly<Record<string, string>>

/** Keys, or a role with a token, of the profile in `~/.aws/credentials` and `~/.aws/config`. */
export const sharedCredentials: CredentialSource = async (env, region, signal) => {
  const profile = readProfile(env)
  const { aws_access_key_id: accessKeyId = '', aws_secret_access_key: secretAccessKey = '' } = profile
  if (accessKeyId !== '' && secretAccessKey !== '') {
    return { accessKeyId, secretAccessKey, sessionToken: profile.aws_session_token ?? '', expiresAt: null }
  }
  const { role_arn: roleArn = '', web_identity_token_file: tokenFile = '' } = profile
  if (roleArn === '' || tokenFile === '') return null
  const sessionName = profile.role_session_name || 'signalbox'
  return await assumeRole({ roleArn, tokenFile, sessionName }, endpointOf('sts', region, env), signal)
}

/** The region that the profile says; empty: none. */
export const sharedRegion = (env: Environment): string => readProfile(env).region ?? ''

function readProfile(env: Environment): Profile {
  const name = env.AWS_PROFILE || 'default'
  const folder = path.join(env.HOME || os.homedir(), '.aws')
  const config = readFile(env.AWS_CONFIG_FILE || path.join(folder, 'config'))
  const credentials = readFile(env.AWS_SHARED_CREDENTIALS_FILE || path.join(folder, 'credentials'))
  return {
    ...section(config, name === 'default' ? name : `profile ${name}`),
    ...section(credentials, name),
  }
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not there, or not for us: then there are no keys in it.
    return ''
  }
}

function section(text: string, wanted: string): Profile {
  const found: Record<string, string> = Object.create(null)
  let isWanted = false
  for (const line of text.split(/\r?\n/)) {
    const name = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    if (name !== undefined) isWanted = name.replace(/\s+/g, ' ') === wanted
    else if (isWanted) {
      const [, key, value] = /^([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
      if (key !== undefined && value !== undefined) found[key.toLowerCase()] = value
    }
  }
  return found
}

import { containerCredentials } from './container-credentials.ts'
import { machineCredentials } from './machine-metadata.ts'
import { sharedCredentials } from './shared-files.ts'
import { webIdentityCredentials } from './web-identity.ts'

/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Empty: none. */
  readonly sessionToken: string
  /** When they end, in milliseconds of the epoch; null: not by themselves. */
  readonly expiresAt: number | null
}

export type Environment = Readonly<Record<string, string | undefined>>

/** One way to credentials. Null: it is not meant here, the next one counts; rejects where it is meant and fails. */
export type CredentialSource = (env: Environment, region: string, signal: AbortSignal) => Promise<Credentials | null>

/** So long before their end credentials are asked for again. */
const BEFORE_END_MS = 5 * 60_000
/** Those that do not end by themselves are read again after so long: files and variables are cheap. */
const READ_AGAIN_MS = 10_000

/** In the order of Amazon's own libraries, after options. */
const SOURCES: readonly CredentialSource[] = [
  environmentCredentials,
  webIdentityCredentials,
  sharedCredentials,
  containerCredentials,
  machineCredentials,
]

export interface StaticKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * Credentials as they are needed: kept until shortly before their end.
 * @param keys of options; both empty: the environment decides
 */
export function credentialsOf(
  keys: StaticKeys,
  region: string,
  env: Environment,
): (signal: AbortSignal) => Promise<Credentials> {
  if (keys.accessKeyId !== '' && keys.secretAccessKey !== '') {
    const fixed = { ...keys, sessionToken: '', expiresAt: null }
    return async () => fixed
  }
  let known: { readonly credentials: Credentials; readonly until: number } | null = null
  let asking: Promise<Credentials> | null = null
  const ask = async (signal: AbortSignal): Promise<Credentials> => {
    const credentials = await find(region, env, signal)
    const until = credentials.expiresAt === null ? Date.now() + READ_AGAIN_MS : credentials.expiresAt - BEFORE_END_MS
    known = { credentials, until }
    return credentials
  }
  return (signal) => {
    if (known !== null && Date.now() < known.until) return Promise.resolve(known.credentials)
    asking ??= ask(signal).finally(() => {
      asking = null
    })
    return asking
  }
}

async function find(region: string, env: Environment, signal: AbortSignal): Promise<Credentials> {
  for (const source of SOURCES) {
    const credentials = await source(env, region, signal)
    if (credentials !== null) return credentials
  }
  const others = await librarysCredentials()
  if (others !== null) return others
  throw new Error(
    'no credentials for AWS: neither options, variables, files, a container nor a machine has any; ' +
      'install @aws-sdk/credential-provider-node for everything else (single sign-on, programs, chains of roles)',
  )
}

async function environmentCredentials(env: Environment): Promise<Credentials | null> {
  const accessKeyId = env.AWS_ACCESS_KEY_ID || env.AWS_ACCESS_KEY || ''
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY || env.AWS_SECRET_KEY || ''
  if (accessKeyId === '' || secretAccessKey === '') return null
  return { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN ?? '', expiresAt: null }
}

/** An optional peer: what we can't do ourselves it may. */
const LIBRARY = '@aws-sdk/credential-provider-node'

interface Library {
  defaultProvider(): () => Promise<{
    accessKeyId: string
    secretAccessKey: string
    sessionToken?: string
    expiration?: Date
  }>
}

/** Null: the library is not installed. */
async function librarysCredentials(): Promise<Credentials | null> {
  let library: Library
  try {
    library = (await import(LIBRARY)) as Library
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
  const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = await library.defaultProvider()()
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt: expiration?.getTime() ?? null }
}

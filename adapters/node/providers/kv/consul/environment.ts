import { readFileSync } from 'node:fs'

/** What Consul's own clients read from the environment, and Traefik with them (Consul `api/api.go`). */
export type ConsulEnvironment = Readonly<Partial<Record<string, string>>>

export interface ConsulLogin {
  /** Empty: none. */
  readonly token: string
  readonly basicAuth: { readonly username: string; readonly password: string } | undefined
  readonly isSecure: boolean
  readonly namespace: string
  readonly partition: string
}

/**
 * What counts of options and environment: the file of a token over everything, the token's option over its variable.
 * @throws Error where the file can't be read
 */
export function loginBy(token: string, env: ConsulEnvironment): ConsulLogin {
  const { CONSUL_HTTP_TOKEN_FILE: file = '', CONSUL_HTTP_TOKEN: fallback = '', CONSUL_HTTP_AUTH: auth = '' } = env
  const colon = auth.indexOf(':')
  return {
    token: (file === '' ? '' : tokenIn(file)) || token || fallback,
    basicAuth:
      auth === ''
        ? undefined
        : { username: colon === -1 ? auth : auth.slice(0, colon), password: colon === -1 ? '' : auth.slice(colon + 1) },
    isSecure: /^(1|t|true)$/i.test(env.CONSUL_HTTP_SSL ?? ''),
    namespace: env.CONSUL_NAMESPACE ?? '',
    partition: env.CONSUL_PARTITION ?? '',
  }
}

function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Error(`Error loading token file: ${(error as NodeJS.ErrnoException).code} (CONSUL_HTTP_TOKEN_FILE)`)
  }
}

import { loadInstallHere } from './install.ts'

const LIMIT_MS = 5_000

/** Where the API of a running proxy is. */
export interface ApiLocation {
  /** `--api`; absent: as the install configuration says. */
  readonly api?: string
  /** `--configFile` */
  readonly configFile?: string
}

/** A command that could not be carried out; the text is for the user. */
export class ControlError extends Error {}

/**
 * Sends a command to the API of the running proxy and gives what it says.
 * @param path below the API's base path, starting with a slash
 * @throws ControlError
 */
export async function sendCommand(
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  where: ApiLocation,
): Promise<unknown> {
  const base = where.api === undefined ? locate(where.configFile) : parse(where.api)
  const headers = new Headers()
  if (base.username !== '') {
    const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  }
  const url = `${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`
  let response: Response
  try {
    response = await fetch(url, { method, headers, redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) })
  } catch (error) {
    const cause = (error as { cause?: Error }).cause?.message ?? (error as Error).message
    throw new ControlError(`${base.origin}: ${cause}`)
  }
  const text = await response.text()
  if (response.ok) return JSON.parse(text)
  if (response.status === 401 || response.status === 403) {
    throw new ControlError(`${base.origin}: ${response.status}; give user and password in the URL of --api`)
  }
  throw new ControlError(
    messageOf(text) ?? `${base.origin} takes no commands (${response.status}): set api.control: true`,
  )
}

function parse(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new ControlError(`--api ${text}: a URL is needed`)
  return url
}

/** The API of a proxy that runs with the install configuration found here. */
function locate(configFile: string | undefined): URL {
  const { install } = loadInstallHere(configFile === undefined ? [] : [`--configFile=${configFile}`])
  const api = install?.api
  if (api === undefined)
    throw new ControlError('no install configuration with `api` here: name a file by --configFile, or --api URL')
  if (api.control !== true) throw new ControlError('the API takes no commands: set api.control: true')
  if (api.insecure !== true)
    throw new ControlError('the API has no entry point of its own: say where it is by --api URL')
  const address = (install?.entryPoints?.traefik?.address ?? ':8080').replace(/\/tcp$/i, '')
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon)
  const isAnywhere = ['', '0.0.0.0', '[::]'].includes(host)
  return new URL(`http://${isAnywhere ? '127.0.0.1' : host}${address.slice(colon)}${api.basePath}`)
}

function messageOf(text: string): string | null {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : null
  } catch {
    // Whatever answered was no API of ours.
    return null
  }
}

import type { RequestOptions } from 'node:http'
import https from 'node:https'
import { nodeHttp } from '../../node/node-http.ts'
import { CommandError } from '../command-error.ts'
import { loadInstallHere } from '../install.ts'

const LIMIT_MS = 5_000

/** Where the API of a running proxy is. */
export interface ApiLocation {
  /** `--api`; absent: as the install configuration says. */
  readonly api?: string | undefined
  /** `--configFile` */
  readonly configFile?: string | undefined
}

/**
 * Sends a command to the API of the running proxy and gives what it says.
 * @param command path below the API's base path, starting with a slash
 * @throws CommandError
 */
export async function sendCommand(
  method: 'GET' | 'PUT' | 'DELETE',
  command: string,
  where: ApiLocation,
): Promise<unknown> {
  const base = where.api === undefined ? locate(where.configFile) : parse(where.api)
  const path = `${base.pathname.replace(/\/+$/, '')}${command}`
  let answer: Answer
  try {
    answer = await send(base, method, path)
  } catch (error) {
    throw new CommandError(`${base.origin}: ${(error as Error).message}`)
  }
  const { status, text } = answer
  if (status === 200) return JSON.parse(text)
  if (status === 401 || status === 403) {
    throw new CommandError(`${base.origin}: ${status}; give user and password in the URL of --api`)
  }
  throw new CommandError(messageOf(text) ?? `${base.origin} takes no commands (${status}): set api.control: true`)
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** Not by `fetch`, which refuses ports that a proxy may well use. */
function send(base: URL, method: string, path: string): Promise<Answer> {
  const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
  const options: RequestOptions = {
    method,
    host: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    path,
    timeout: LIMIT_MS,
    ...(base.username === '' ? {} : { auth: credentials }),
  }
  return new Promise((resolve, reject) => {
    const call = (base.protocol === 'https:' ? https : nodeHttp).request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${LIMIT_MS} ms`)))
    call.on('error', reject)
    call.end()
  })
}

function parse(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new CommandError('--api: a URL is needed, like http://127.0.0.1:8080')
  return url
}

/** The API of a proxy that runs with the install configuration found here. */
function locate(configFile: string | undefined): URL {
  const { install } = loadInstallHere(configFile === undefined ? [] : [`--configFile=${configFile}`])
  const api = install?.api
  if (api === undefined)
    throw new CommandError('no install configuration with `api` here: name a file by --configFile, or --api URL')
  if (api.control !== true) throw new CommandError('the API takes no commands: set api.control: true')
  if (api.insecure !== true)
    throw new CommandError('the API has no entry point of its own: say where it is by --api URL')
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

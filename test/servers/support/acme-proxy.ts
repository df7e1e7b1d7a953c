import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { freePort } from '../../support/free-port.ts'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { until } from '../../support/until.ts'
import { temporaryFolder } from './process.ts'

export interface AcmeProxy extends TestProxy {
  /** Of the entry point `websecure`. */
  readonly tlsPort: number
  readonly storage: string
  /** The certificate for a name. */
  certificate(name: string): Promise<X509Certificate>
  /** Waits until there is one of an authority. */
  issued(name: string, limitMs?: number): Promise<X509Certificate>
}

/** A routing file with a router for each of these names, and no servers. */
export const routersFor = (names: readonly string[], resolver = 'le'): string => `
http:
  routers:
${names
  .map(
    (name, i) =>
      `    r${i}: {rule: "Host(\`${name}\`)", service: s, entryPoints: [websecure], tls: {certResolver: ${resolver}}}`,
  )
  .join('\n')}
  services: {s: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}}
`

export const acmeFile = (): string => path.join(temporaryFolder(), 'acme.json')

/** A proxy with the entry points `web` and `websecure`, and a storage of its own unless flags name another. */
export async function startAcmeProxy(
  routing: string,
  flags: readonly string[],
  tlsPort?: number,
  storage = acmeFile(),
): Promise<AcmeProxy> {
  const port = tlsPort ?? (await freePort())
  const proxy = await startProxy(routing, [
    `--entryPoints.websecure.address=127.0.0.1:${port}`,
    `--certificatesResolvers.le.acme.storage=${storage}`,
    ...flags,
  ])
  const certificate = (name: string) => certificateOf(port, name)
  return {
    ...proxy,
    tlsPort: port,
    storage,
    certificate,
    issued: (name, limitMs = 40_000) =>
      until(
        () => certificate(name),
        (one) => one.issuer.includes('Pebble'),
        limitMs,
      ),
  }
}

/** What a server shows for a name. */
export const certificateOf = (port: number, servername: string): Promise<X509Certificate> =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!)
      socket.end()
    })
    socket.once('error', reject)
  })

interface Stored {
  readonly Account: {
    readonly Email: string
    readonly Registration: { readonly uri: string }
    readonly PrivateKey: string
  }
  readonly Certificates:
    | readonly {
        readonly domain: { readonly main: string; readonly sans?: readonly string[] }
        readonly certificate: string
        readonly key: string
        readonly Store: string
      }[]
    | null
}

/** Nothing, as long as nothing is in it. Traefik writes in place: half of a file is none. */
export function readStorage(file: string): Readonly<Record<string, Stored>> {
  const text = readFileSync(file, 'utf8')
  try {
    return JSON.parse(text) as Readonly<Record<string, Stored>>
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

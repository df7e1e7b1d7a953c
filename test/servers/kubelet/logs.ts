import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ApiServer } from '../support/kubernetes.ts'
import { MACHINE } from './network.ts'

/** So much of what a container has said is kept. */
const MOST_LINES = 20_000

/** What a container has said, with the times. */
export class ContainerLog {
  readonly #lines: { readonly at: number; readonly text: string }[] = []
  #rest = ''

  add(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop()!
    for (const text of lines) this.#lines.push({ at: Date.now(), text })
    if (this.#lines.length > MOST_LINES) this.#lines.splice(0, this.#lines.length - MOST_LINES)
  }

  /** @param time of the first line, in milliseconds since 1970 */
  since(time: number): string {
    return this.#lines
      .filter(({ at }) => at >= time)
      .map(({ text }) => `${text}\n`)
      .join('')
  }
}

/**
 * The part of a kubelet that the API server asks for what containers have said: `/containerLogs/NAMESPACE/POD/CONTAINER`.
 * @param find what is kept of a Pod
 * @returns its port, on the machine's address
 */
export async function serveLogs(
  api: ApiServer,
  find: (namespace: string, pod: string) => ContainerLog | null,
): Promise<{ readonly port: number; close(): void }> {
  const server = https.createServer(api.keyPair, (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'https://machine')
    const [, what, namespace, pod] = pathname.split('/')
    const log = what === 'containerLogs' ? find(namespace!, pod!) : null
    response.statusCode = log === null ? 404 : 200
    const since = searchParams.get('sinceTime')
    response.end(log?.since(since === null ? 0 : Date.parse(since)))
  })
  server.listen(0, MACHINE)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

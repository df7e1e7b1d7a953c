import type { Fields } from '../../../src/http/fields.ts'
import type { Client } from '../../../src/http/request-context.ts'

/**
 * Clients whose requests must not share connections to a server with those of others: NTLM and Negotiate authenticate
 * the connection, not the request (Traefik `pkg/server/service/transport.go`, kerberosRoundTripper).
 */
export class Affinity<P> {
  readonly #create: () => P
  /** By connection of a client; what is idle closes by its own limit. */
  #bound: WeakMap<Client, P> | null = null

  constructor(create: () => P) {
    this.#create = create
  }

  of(client: Client): P | null {
    return this.#bound?.get(client) ?? null
  }

  /** A server answered 401. */
  challenged(client: Client, headers: Fields): void {
    if (!headers.getAll('www-authenticate').some((value) => /^(?:NTLM|Negotiate)/i.test(value))) return
    this.#bound ??= new WeakMap()
    if (!this.#bound.has(client)) this.#bound.set(client, this.#create())
  }
}

import * as z from 'zod'
import { httpSchema } from './http.ts'
import { tcpSchema } from './tcp.ts'
import { tlsSchema } from './tls.ts'
import { udpSchema } from './udp.ts'

/** The whole dynamic ("routing") configuration of one provider (Traefik v3.7 `pkg/config/dynamic/config.go`). */
export const dynamicSchema = z.strictObject({
  http: httpSchema.optional(),
  tcp: tcpSchema.optional(),
  udp: udpSchema.optional(),
  tls: tlsSchema.optional(),
})

/** The dynamic configuration of one provider, with the defaults of its options filled in. */
export type DynamicConfig = z.output<typeof dynamicSchema> & {
  /** What a provider found and took out again; it is shown, and serves nobody. */
  readonly disabled?: readonly DisabledElement[]
}

/** An element that is taken out because its definitions contradict each other. */
export interface DisabledElement {
  readonly section: 'http' | 'tcp' | 'udp'
  readonly kind: 'routers' | 'services' | 'middlewares'
  readonly name: string
  readonly reason: string
  /** One of them. */
  readonly definition: Readonly<Record<string, unknown>>
}

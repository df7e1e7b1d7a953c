import type * as z from 'zod'

/** What the install configuration knows of a provider (Traefik v3.7 `pkg/config/static/static_config.go`). */
export interface ProviderDefinition<S extends z.ZodType> {
  /** Name of Traefik's Go type: what its API lists. Null: it is in no list. */
  readonly goName: string | null
  /** `providers.NAME` */
  readonly schema: S
}

export const defineProvider = <S extends z.ZodType>(definition: ProviderDefinition<S>): ProviderDefinition<S> =>
  definition

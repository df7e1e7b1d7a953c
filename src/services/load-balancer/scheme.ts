import type { Origin } from '../../contracts/kinds.ts'

/** How servers can be spoken to. */
export type Scheme = Origin['scheme']

/** Traefik notices a scheme it does not know when a request comes. */
export const isKnownScheme = (scheme: string): scheme is Scheme =>
  scheme === 'http' || scheme === 'https' || scheme === 'h2c'

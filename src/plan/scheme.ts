/** How servers can be spoken to. */
export type Scheme = 'http' | 'https' | 'h2c'

/** Traefik notices a scheme it does not know when a request comes. */
export const isKnownScheme = (scheme: string): scheme is Scheme =>
  scheme === 'http' || scheme === 'https' || scheme === 'h2c'

import type { TellEffect } from '../contracts/effect.ts'

/**
 * Kinds that tell what they would do, as they can't be tried out: they count, remember, wait or ask. Loaded by who
 * explains a request, and by nobody else.
 */
export const middlewareEffects = {
  basicAuth: async () => (await import('./basic-auth/basic-auth.effect.ts')).basicAuthEffect,
  buffering: async () => (await import('./buffering/buffering.effect.ts')).bufferingEffect,
  circuitBreaker: async () => (await import('./circuit-breaker/circuit-breaker.effect.ts')).circuitBreakerEffect,
  compress: async () => (await import('./compress/compress.effect.ts')).compressEffect,
  digestAuth: async () => (await import('./digest-auth/digest-auth.effect.ts')).digestAuthEffect,
  errors: async () => (await import('./errors/errors.effect.ts')).errorsEffect,
  forwardAuth: async () => (await import('./forward-auth/forward-auth.effect.ts')).forwardAuthEffect,
  inFlightReq: async () => (await import('./in-flight-req/in-flight-req.effect.ts')).inFlightReqEffect,
  rateLimit: async () => (await import('./rate-limit/rate-limit.effect.ts')).rateLimitEffect,
  retry: async () => (await import('./retry/retry.effect.ts')).retryEffect,
  snippet: async () => (await import('./snippet/snippet.effect.ts')).snippetEffect,
} as const satisfies Record<string, () => Promise<TellEffect<never>>>

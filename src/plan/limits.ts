/** Longest time for an answer of the authentication server, its content included. */
export const AUTH_TIMEOUT_MS = 30_000

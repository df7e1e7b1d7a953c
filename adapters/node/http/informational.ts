/** Octets of 1xx answers that an exchange passes on; more are left out. */
export const MOST_INFORMATIONAL: number = 64 * 1024

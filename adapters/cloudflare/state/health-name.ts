/**
 * The object that checks servers, and the key under which it keeps its state; all others keep buckets of rate limits.
 */
export const HEALTH_OBJECT = 'health'

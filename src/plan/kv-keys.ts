/** The keys in KV, by which the command that publishes and the worker that serves find one another. */
export const PLAN_KEY = 'plan'
export const HEALTH_KEY = 'health'
export const FLAGS_KEY = 'flags'

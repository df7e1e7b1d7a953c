/** The keys in KV, by which the command that publishes and the worker that serves find one another. */

/** The plan to be served: a signed plan, whole. */
export const PLAN_KEY = 'plan'

/** The first line of what stands under `plan`: a refresh reads it, and the plan only when it is another one. */
export const PLAN_HEAD_KEY = 'plan-head'

/** What stood under `plan` before: served where that can't be. */
export const PLAN_PREVIOUS_KEY = 'plan-previous'

/** Definitions of the elements of the plan, which only the management API shows. */
export const PLAN_API_KEY = 'plan-api'

/** Signed list of the revisions that no worker may serve any more. */
export const REVOKED_KEY = 'revoked'

/** Signed: the revision that is to stay live; commands that publish read it. */
export const PIN_KEY = 'pin'

export const HEALTH_KEY = 'health'
export const FLAGS_KEY = 'flags'

/**
 * How much computing a message may still cause on the thread that everybody shares. One for all that is matched for one
 * request, whatever the number of routers and middlewares: what would need more can't be decided, and the request is
 * refused.
 */
export interface Effort {
  /** Steps of about a nanosecond, estimated from above. */
  stepsLeft: number
}

/** Steps for one message, together 9 to 18 ms, twice that on a busy core. */
export const MAX_STEPS = 18_000_000

/** For texts of a configuration, which are nobody's attack. */
export const unlimitedEffort = (): Effort => ({ stepsLeft: Number.POSITIVE_INFINITY })

/**
 * What a message asks for was not found out within its effort. Thrown, so that no rule can take it for a yes or a no:
 * the request is refused. Go would go on.
 */
export class TooCostly extends Error {
  /** What took so long, as it is configured. */
  readonly what: string

  constructor(what: string) {
    super('matching took too many steps')
    this.name = 'TooCostly'
    this.what = what
  }
}

/** Takes steps from an effort; throws `TooCostly` when there are not so many left. */
export function spend(effort: Effort, steps: number, what: string): void {
  effort.stepsLeft -= steps
  if (effort.stepsLeft < 0) throw new TooCostly(what)
}

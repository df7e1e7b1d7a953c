/** What a command could not do, in words for the user: printed without a stack, exit status 1. */
export class CommandError extends Error {}

/** Wrong arguments: the usage is shown too, exit status 2. */
export class Misuse extends Error {}

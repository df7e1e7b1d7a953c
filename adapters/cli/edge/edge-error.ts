import { CommandError } from '../command-error.ts'

/** What could not be done about the proxy on Workers. */
export class EdgeError extends CommandError {
  constructor(message: string) {
    super(message)
    this.name = 'EdgeError'
  }
}

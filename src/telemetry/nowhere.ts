import type { Observer } from '../contracts/observer.ts'

const nobody = (): null => null

/** An observer that listens at no place: what others begin with. */
export const nowhere: Observer = {
  entryPoint: nobody,
  router: nobody,
  service: nobody,
  attempt: nobody,
  middleware: nobody,
  retry: nobody,
  client: nobody,
}

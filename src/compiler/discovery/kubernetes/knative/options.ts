import type * as z from 'zod'
import type { knativeProvider } from '../../../install/providers/kubernetes.ts'

/** `providers.knative` with its defaults. */
export type KnativeOptions = NonNullable<z.output<typeof knativeProvider.schema>>

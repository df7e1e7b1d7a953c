import type * as z from 'zod'
import type { kubernetesCRDProvider } from '../../../install/providers/kubernetes.ts'

/** `providers.kubernetesCRD` */
export type CrdOptions = NonNullable<z.output<typeof kubernetesCRDProvider.schema>>

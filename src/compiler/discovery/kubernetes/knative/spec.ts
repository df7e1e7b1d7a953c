import * as z from 'zod'
import { integer, text, textMap, texts } from '../../../../schema/scalars.ts'

const split = z.strictObject({
  serviceNamespace: text().default(''),
  serviceName: text().default(''),
  /** A number or a name. */
  servicePort: z.unknown(),
  percent: integer().default(0),
  appendHeaders: textMap().optional(),
})

const path = z.strictObject({
  path: text().default(''),
  headers: z.record(z.string(), z.strictObject({ exact: text().default('') })).optional(),
  rewriteHost: text().default(''),
  splits: z.array(split).default([]),
  appendHeaders: textMap().optional(),
})

/** The spec of an Ingress (`networking.internal.knative.dev/v1alpha1`). */
export const knativeSpec = z.strictObject({
  httpOption: text().default(''),
  rules: z
    .array(
      z.strictObject({
        hosts: texts().default([]),
        visibility: text().default(''),
        http: z.strictObject({ paths: z.array(path).default([]) }).optional(),
      }),
    )
    .default([]),
  tls: z
    .array(
      z.strictObject({
        hosts: texts().default([]),
        secretName: text().default(''),
        secretNamespace: text().default(''),
      }),
    )
    .default([]),
})

/** It, read. */
export type KnativeSpec = z.output<typeof knativeSpec>
/** What requests are for. */
export type KnativePath = z.output<typeof path>
/** A share of them. */
export type KnativeSplit = z.output<typeof split>

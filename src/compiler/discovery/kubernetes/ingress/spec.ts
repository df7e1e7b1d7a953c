import * as z from 'zod'
import { integer, text, texts } from '../../../../schema/scalars.ts'

const backend = z.strictObject({
  service: z
    .strictObject({
      name: text().default(''),
      port: z.strictObject({ name: text().default(''), number: integer().default(0) }).prefault({}),
    })
    .optional(),
  resource: z.unknown().optional(),
})

/** The spec of an Ingress (`networking.k8s.io/v1`). */
export const ingressSpec = z.strictObject({
  ingressClassName: text().optional(),
  defaultBackend: backend.optional(),
  tls: z.array(z.strictObject({ hosts: texts().default([]), secretName: text().default('') })).default([]),
  rules: z
    .array(
      z.strictObject({
        host: text().default(''),
        http: z
          .strictObject({
            paths: z
              .array(
                z.strictObject({
                  path: text().default(''),
                  pathType: text().default(''),
                  backend: backend.prefault({}),
                }),
              )
              .default([]),
          })
          .optional(),
      }),
    )
    .default([]),
})

/** It, read. */
export type IngressSpec = z.output<typeof ingressSpec>
/** What requests are for. */
export type IngressBackend = z.output<typeof backend>
/** A path of a rule. */
export type IngressPath = NonNullable<IngressSpec['rules'][number]['http']>['paths'][number]

import * as z from 'zod'
import type { WorkerStatus } from '../../../src/plan/worker-status.ts'

const count = () => z.int().nonnegative()
const time = () => z.iso.datetime().describe('ISO 8601, UTC.')

const reach = z.strictObject({
  bound: z.boolean().describe('Whether the Worker has a binding for it.'),
  reachable: z.boolean(),
  reason: z.string().describe('Why it can\u2019t be reached; empty: it can.'),
})

const standing = {
  location: z.string().describe('Code of the data centre; empty: unknown.'),
  revision: count().nullable().describe('What is served; null: nothing.'),
  from: z.string().describe('`kv`, `plan-previous`, `cache` or `bundle`; empty: nothing is served.'),
  version: z.string().describe('Of the worker.'),
}

/** Numbers of times are milliseconds since 1970. */
const locationState = { ...standing, isolates: count(), since: count(), heardAt: count() }
const problemCount = { text: z.string(), count: count(), first: count(), last: count() }
const serverState = { service: z.string(), server: z.string(), up: z.boolean(), reason: z.string() }

/** What a worker answers. Of a newer one it may hold more. */
export const workerStatusSchema: z.ZodType<WorkerStatus> = z.object({
  now: count(),
  isolate: z.object(standing),
  kv: reach,
  object: reach,
  report: z
    .object({ now: count(), locations: z.array(z.object(locationState)), problems: z.array(z.object(problemCount)) })
    .nullable(),
  servers: z.array(z.object({ ...serverState, checkedAt: count().nullable() })),
})

/** What `edge status --json` prints. */
export const edgeStatusSchema = z.strictObject({
  environment: z.string().nullable(),
  url: z.url().describe('Where the Worker was asked.'),
  live: z
    .strictObject({
      revision: count(),
      digest: z.string(),
      publishedAt: time(),
      author: z.string(),
      commit: z.string(),
      message: z.string(),
      rollbackOf: count().nullable(),
    })
    .nullable()
    .describe('What is published; null: nothing that is believed here.'),
  locations: z.array(
    z.strictObject({
      ...standing,
      isolates: count(),
      since: time().nullable().describe('When it was taken over; null: nothing was.'),
      heardAt: time(),
      ageSeconds: count().describe('For how long it has been served.'),
      isLive: z.boolean().describe('Whether it is what is published.'),
    }),
  ),
  servers: z.array(z.strictObject({ ...serverState, checkedAt: time().nullable() })),
  flags: z.strictObject({
    drained: z.array(z.strictObject({ service: z.string(), url: z.string() })),
    maintenance: z.record(z.string(), z.boolean()),
  }),
  problems: z.array(z.strictObject({ text: z.string(), count: count(), first: time(), last: time() })),
  kv: reach,
  object: reach,
})

export type EdgeStatus = z.infer<typeof edgeStatusSchema>

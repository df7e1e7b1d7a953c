import { generateSigningKey } from '../../../adapters/cli/edge/signing-keys.ts'
import { headLine } from '../../../src/plan/head-line.ts'
import { pack } from '../../../src/plan/packed.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { requirementsOf } from '../../../src/plan/requirements-of.ts'
import { published } from '../../support/published.ts'
import { planOf } from '../proxy.ts'

/** Signs what the workers of these tests believe, and what they don't. */
export const key = await generateSigningKey()
const stranger = await generateSigningKey()

/** A plan that answers everything by this text. */
export const saying = (text: string): Promise<Plan> =>
  planOf({
    http: {
      routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['m'] } },
      services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: 'http://nobody.test' }] } } },
      middlewares: { m: { respond: { status: 200, body: text } } },
    },
  })

export const signed = async (text: string, revision: number, audience: string): Promise<Uint8Array> =>
  published(await saying(text), revision, key, { audience })

/** Values that no worker takes over, by what is wrong with them. */
export const badValues = {
  garbage: async () => crypto.getRandomValues(new Uint8Array(5000)),
  half: async (audience) => {
    const value = await signed('bad', 8, audience)
    return value.subarray(0, value.length / 2)
  },
  'wrong key': async (audience) => published(await saying('bad'), 8, stranger, { audience }),
  'wrong audience': async (audience) => signed('bad', 8, `${audience}-other`),
  older: async (audience) => signed('bad', 3, audience),
  'newer format': async (audience) => {
    const plan = await saying('bad')
    const details = { audience, revision: 8, rollbackOf: null, time: Date.now(), publisher: '' }
    return (await pack('signalbox-plan/3', details, { requires: requirementsOf(plan), plan }, key)).value
  },
  'unknown kind': async (audience) => {
    const plan = await saying('bad')
    const teleport = { ...plan.middlewares['m@file']!, kind: 'teleport' }
    return published({ ...plan, middlewares: { ...plan.middlewares, 't@file': teleport } }, 8, key, { audience })
  },
  hollow: async (audience) => {
    const { version, target, entryPoints } = await saying('bad')
    const plan = { version, target, entryPoints, routers: {}, middlewares: {}, services: {} } as unknown as Plan
    return published(plan, 8, key, { audience })
  },
} as const satisfies Record<string, (audience: string) => Promise<Uint8Array>>

export const headOfValue = (value: Uint8Array): string => headLine(value)

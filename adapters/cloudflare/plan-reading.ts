import { matcherKinds } from '../../src/engine/matching/matchers.ts'
import { isPluginKind } from '../../src/plan/plugin-kind.ts'
import { missingIn, type PlanRequirements } from '../../src/plan/requirements.ts'
import { importPublicKeys, type Reader } from '../../src/plan/signed-line.ts'
import { type GuidedPublication, openPlan } from '../../src/plan/signed-plan.ts'
import { flawOf } from '../../src/plan/whole.ts'
import { serviceKinds } from '../../src/services/registry.ts'
import { VERSION } from '../../src/version.ts'

/** What this worker lacks of what is asked for: lists of what few plans name are modules of their own. */
async function lackedOf(requires: PlanRequirements): Promise<readonly string[]> {
  const { middlewares, matchers } = requires
  const builtIn = middlewares.length === 0 ? {} : (await import('../../src/middlewares/registry.ts')).middlewareKinds
  const { kinds, fault } = middlewares.some(isPluginKind)
    ? await import('./plugins.ts').then(({ deployedKinds }) => deployedKinds())
    : NO_PLUGINS
  const rare = matchers.every((name) => Object.hasOwn(matcherKinds, name))
    ? {}
    : (await import('../../src/engine/matching/rare-matchers.ts')).rareMatchers
  const known = {
    worker: VERSION,
    middlewares: { ...builtIn, ...kinds },
    services: serviceKinds,
    matchers: { ...matcherKinds, ...rare },
  }
  const missing = missingIn(requires, known)
  return fault === '' || missing.length === 0 ? missing : [...missing, `(plugins: ${fault})`]
}

const NO_PLUGINS = { kinds: {}, fault: '' }

/**
 * Whom an isolate believes.
 * @throws SignedValueError for a key that is none
 */
export const createReader = async (publicKeys: string, audience: string): Promise<Reader> => ({
  keys: await importPublicKeys(publicKeys),
  audience,
})

/**
 * A publication that this worker can serve whole.
 * @param closedTo why no plan of a revision may be served; null: it may
 * @throws what is wrong with it, as people read it
 */
export async function readPublication(
  value: Uint8Array,
  reader: Reader,
  closedTo: (revision: number) => string | null,
): Promise<GuidedPublication> {
  const { head, publication } = await openPlan(value, reader)
  const closed = closedTo(head.revision)
  if (closed !== null) throw new Error(closed)
  const published = await publication(VERSION)
  const obstacle = await obstacleOf(published)
  if (obstacle !== null) throw new Error(`revision ${head.revision}: ${obstacle}`)
  return published
}

/** Why this worker can't serve it whole, as people read it; null: it can. */
export async function obstacleOf({ head, requires, plan, index }: GuidedPublication): Promise<string | null> {
  // A plan of another version may have another shape: what it needs is looked at first.
  const missing = await lackedOf(requires)
  if (missing.length > 0) return `this worker lacks what the plan requires: ${missing.join(', ')}`
  // Elements that have not been read yet are looked at when they are.
  return index === null ? flawOf(plan, head.empty === true) : flawOf({ ...plan, ...UNREAD }, true)
}

const UNREAD = { routers: {}, middlewares: {}, services: {} }

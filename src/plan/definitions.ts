import { pack, unpack } from './packed.ts'
import type { ElementPlan, Plan, ServicePlan } from './plan.ts'
import { isRecord, type Reader, type Signed, SignedValueError, type Signer } from './signed-line.ts'

/**
 * What only the management API shows of a plan: a third of its size. On the edge it is a value of its own (`plan-api`),
 * packed and signed as the plan is, which nobody reads but that API.
 */
const FORMAT = 'signalbox-plan-api/2'

const PARTS = ['routers', 'middlewares', 'services'] as const

/** The elements' definitions by qualified name, and what is said of the install configuration. */
export type Definitions = Readonly<Record<(typeof PARTS)[number], Readonly<Record<string, Shown>>>> &
  Pick<Plan, 'management'>

type Shown = Pick<ElementPlan, 'definition'> & Pick<ServicePlan, 'completed'>

/** Takes out of a plan what only the API shows. */
export function splitDefinitions(plan: Plan): { readonly plan: Plan; readonly definitions: Definitions } {
  const { management, ...served } = plan
  const parts = PARTS.map((part) => [part, splitAll(plan[part])] as const)
  const pick = (at: 0 | 1) => Object.fromEntries(parts.map(([part, split]) => [part, split[at]]))
  const definitions = { ...pick(1), ...(management === undefined ? {} : { management }) }
  return { plan: { ...served, ...pick(0), problems: [] }, definitions: definitions as Definitions }
}

/** Puts definitions where they were, into the very elements of the plan, which are what an API shows. */
export function restoreDefinitions(plan: Plan, definitions: Definitions): void {
  const { management } = definitions
  if (management !== undefined) Object.assign(plan, { management })
  for (const part of PARTS) {
    for (const [name, element] of Object.entries(plan[part])) {
      if (Object.hasOwn(definitions[part], name)) Object.assign(element, definitions[part][name])
    }
  }
}

/** The value to publish with the plan of that revision. */
export async function signDefinitions(
  definitions: Definitions,
  head: Signed & { readonly revision: number },
  signer: Signer,
): Promise<Uint8Array> {
  return (await pack(FORMAT, head, definitions, signer)).value
}

/**
 * The definitions of the plan of that revision.
 * @throws SignedValueError, also when they are those of another one
 */
export async function openDefinitions(value: Uint8Array, revision: number, reader: Reader): Promise<Definitions> {
  const { head, content } = await unpack(value, FORMAT, reader)
  if (head.revision !== revision) throw new SignedValueError('it belongs to another revision')
  const definitions = await content()
  const areElements = PARTS.every(
    (part) => isRecord(definitions[part]) && Object.values(definitions[part]).every(isShown),
  )
  if (!areElements || (definitions.management !== undefined && !isRecord(definitions.management))) {
    throw new SignedValueError('what is signed are no definitions')
  }
  return definitions as unknown as Definitions
}

const isShown = (value: unknown): boolean =>
  isRecord(value) && isRecord(value.definition) && (value.completed === undefined || isRecord(value.completed))

function splitAll(elements: Readonly<Record<string, ElementPlan & Shown>>) {
  const split = Object.entries(elements).map(([name, { definition, completed, ...rest }]) => {
    const shown: Shown = { definition, ...(completed === undefined ? {} : { completed }) }
    return [name, { ...rest, definition: {} }, shown] as const
  })
  return [
    Object.fromEntries(split.map(([name, element]) => [name, element])),
    Object.fromEntries(split.map(([name, , shown]) => [name, shown])),
  ] as const
}

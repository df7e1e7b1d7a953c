import { itemProblem } from '../../../../src/compiler/discovery/item.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import type { Collection } from './collection.ts'
import { type Resource, resourceName } from './resources.ts'

/** What somebody needs to be allowed: a rule of RBAC. */
export interface NeededRight {
  readonly resource: Pick<Resource, 'group' | 'plural'>
  /** Empty: in the whole cluster. */
  readonly namespace: string
  readonly verbs: readonly string[]
  /** Absent: any. */
  readonly names?: readonly string[]
}

/** The rule to add, as it is written in a manifest. */
export function ruleFor({ resource: { group, plural }, namespace, verbs, names = [] }: NeededRight): string {
  const list = (values: readonly string[]): string => `[${values.map((value) => `"${value}"`).join(', ')}]`
  const these = names.length === 0 ? '' : `, resourceNames: ${list(names)}`
  const rule = `{apiGroups: ${list([group])}, resources: ${list([plural])}${these}, verbs: ${list(verbs)}}`
  return namespace === ''
    ? `add to the rules of the ClusterRole: ${rule}`
    : `add to the rules of the Role in namespace ${namespace}: ${rule}`
}

const FOLLOW = ['get', 'list', 'watch']

const ofGroup = ({ group, version }: Resource): string => (group === '' ? version : `${group}/${version}`)

/** What is wrong with objects of a kind as a whole; null: nothing. */
export function collectionProblem({ selection, status, error, wasRead }: Collection): ConfigProblem | null {
  const { resource, namespace } = selection
  const item = `${resourceName(resource)}${namespace === '' ? '' : ` in namespace ${namespace}`}`
  const rest = wasRead ? 'what was read before stays in force' : 'none are used'
  switch (status) {
    case 'forbidden':
      return itemProblem('error', item, `they may not be read, ${rest}: ${error}`, {
        hint: ruleFor({ resource, namespace, verbs: FOLLOW }),
      })
    case 'absent':
      return itemProblem(
        'warning',
        item,
        `the API server does not know ${resource.kind} of ${ofGroup(resource)}, ${rest}`,
        {
          hint: 'install its CustomResourceDefinition if it is wanted',
        },
      )
    case 'failing':
      return itemProblem('error', item, `they can't be read, ${rest}: ${error}`)
    default:
      return null
  }
}

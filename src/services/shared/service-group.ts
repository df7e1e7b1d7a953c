import type { BuildScope, Service } from '../../contracts/kinds.ts'
import { Fields } from '../../http/fields.ts'
import type { Handler } from '../../http/handler.ts'
import { ProxyResponse } from '../../http/response.ts'
import type { MemberAnswer, ServiceGroupPlan, StickyPlan, Strategy } from '../../plan/services.ts'
import { balanced } from './balanced.ts'
import { requireChecked } from './children.ts'
import type { Member } from './member.ts'
import { notEnabled } from './not-enabled.ts'

/** What tells the kinds of groups apart. */
export interface GroupKind {
  readonly strategy: Strategy
  /** What Traefik calls it in messages. */
  readonly label: string
  readonly sticky: StickyPlan | null
  /** Builds the service behind a member. */
  readonly child: (id: string, service: string) => Service
}

const answering =
  ({ status, fields }: MemberAnswer): Handler =>
  () =>
    new ProxyResponse(status, new Fields([...fields]), null)

/** Sets fields of requests. @param fields names and values in turn; absent: none */
const withFields = (handle: Handler, fields: readonly string[] = []): Handler =>
  fields.length === 0
    ? handle
    : (request, context) => {
        for (let at = 0; at < fields.length; at += 2) request.headers.set(fields[at]!, fields[at + 1]!)
        return handle(request, context)
      }

/**
 * Services behind a balancer. Members without weight are built all the same, as in Traefik: what is wrong with them
 * counts.
 */
export function serviceGroup(plan: ServiceGroupPlan, kind: GroupKind, scope: BuildScope): Service {
  const members = plan.members.map(({ id, service, weight, answer, fields }): Member => {
    if (answer !== undefined) return { id, weight, fenced: false, handle: answering(answer), isUp: () => true }
    const child = kind.child(id, service)
    if (plan.healthCheck) requireChecked(child, id, scope)
    return {
      id,
      weight,
      fenced: false,
      handle: withFields(child.handle, fields),
      isUp: plan.healthCheck ? () => child.isUp() : () => true,
    }
  })
  const drawn = members.filter((member) => member.weight > 0)
  return {
    name: scope.name,
    unchecked: plan.healthCheck ? null : notEnabled(kind.label),
    ...balanced(drawn, kind.strategy, kind.sticky, scope.ports),
    isUp: () => drawn.length === 0 || drawn.some((member) => member.isUp()),
    servers: null,
  }
}

import type * as z from 'zod'
import type { MemberAnswer, ServiceGroupPlan } from '../../plan/services.ts'
import type { PrepareScope } from '../../schema/element.ts'
import type { weightedOptions } from './options.schema.ts'

type MemberOptions = NonNullable<z.output<typeof weightedOptions>['services']>[number]

/** The services of a group with their weights; names are completed by the provider of the group. */
export const prepareMembers = (
  services: readonly MemberOptions[] | undefined,
  scope: PrepareScope,
): ServiceGroupPlan['members'] =>
  (services ?? []).map((member) => {
    const { name = '', weight, headers = {} } = member
    const fields = Object.entries(headers).flat()
    const answer = answerOf(member)
    return {
      id: name,
      service: scope.qualify(name),
      weight,
      ...(answer === null ? {} : { answer }),
      ...(fields.length === 0 ? {} : { fields }),
    }
  })

function answerOf({ status, grpcStatus }: MemberOptions): MemberAnswer | null {
  if (status !== undefined) return { status, fields: [] }
  if (grpcStatus === undefined) return null
  const { code, msg = '' } = grpcStatus
  const message = encodeURIComponent(msg).replaceAll('%20', ' ')
  // A response of trailers alone, as gRPC has it.
  const fields = ['Content-Type', 'application/grpc', 'Grpc-Status', String(code), 'Grpc-Message', message]
  return { status: 200, fields }
}

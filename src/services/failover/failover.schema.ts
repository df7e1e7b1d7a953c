import type { FailoverPlan } from '../../plan/services.ts'
import { defineElement } from '../../schema/element.ts'
import { prepareStatusRanges } from '../../schema/status-ranges.ts'
import { failoverOptions } from '../shared/options.schema.ts'

export const failoverElement = defineElement({
  schema: failoverOptions,
  prepare({ service = '', fallback = '', healthCheck, errors }, scope): FailoverPlan {
    return {
      main: { id: service, service: scope.qualify(service) },
      fallback: { id: fallback, service: scope.qualify(fallback) },
      healthCheck: healthCheck !== undefined,
      errors:
        errors === undefined
          ? null
          : {
              statuses: prepareStatusRanges(
                errors.status ?? [],
                `error creating failover service ${scope.name}: creating HTTP code ranges: `,
                [scope.qualify(service)],
              ),
              maxRequestBodyBytes: errors.maxRequestBodyBytes < 0 ? null : errors.maxRequestBodyBytes,
            },
    }
  },
})

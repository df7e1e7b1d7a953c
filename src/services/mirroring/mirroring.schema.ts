import type { MirroringPlan } from '../../plan/services.ts'
import { defineElement, PrepareError } from '../../schema/element.ts'
import { mirroringOptions } from '../shared/options.schema.ts'

export const mirroringElement = defineElement({
  schema: mirroringOptions,
  prepare({ service = '', mirrors = [], mirrorBody, maxBodySize, healthCheck }, scope): MirroringPlan {
    const names = [service, ...mirrors.map(({ name = '' }) => name)].map((name) => scope.qualify(name))
    return {
      main: { id: service, service: scope.qualify(service) },
      mirrors: mirrors.map(({ name = '', percent = 0 }, i) => {
        if (percent < 0 || percent > 100) {
          throw new PrepareError('percent must be between 0 and 100', names.slice(0, i + 2))
        }
        return { id: name, service: scope.qualify(name), percent }
      }),
      mirrorBody,
      maxBodySize: maxBodySize < 0 ? null : maxBodySize,
      healthCheck: healthCheck !== undefined,
    }
  },
})

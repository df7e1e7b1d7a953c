import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import type { ErrorsConfig } from './errors.ts'

export const errorsEffect: TellEffect<ErrorsConfig> = ({ status, service }) => {
  const ranges = status.map(([low, high]) => (low === high ? String(low) : `${low}-${high}`)).join(', ')
  return goesOn(`gives a page of ${service} in the place of an answer with ${ranges}`)
}

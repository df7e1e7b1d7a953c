import { goesOn, type TellEffect } from '../../contracts/effect.ts'
import { sourceText } from '../shared/source-text.ts'
import type { InFlightReqConfig } from './in-flight-req.ts'

/** How many are under way is known to the instance of each router alone. */
export const inFlightReqEffect: TellEffect<InFlightReqConfig> = ({ amount, source }) =>
  amount <= 0
    ? { text: 'refuses every request with 429', status: 429 }
    : goesOn(`lets ${amount} requests be under way for each ${sourceText(source)}: 429 beyond`)

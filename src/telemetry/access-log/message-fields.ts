import { canonicalName, fromFieldText } from '../../http/fields.ts'
import type { AccessLogPlan } from '../../plan/telemetry.ts'
import { recurring } from '../recurring.ts'
import { modes } from './modes.ts'

/** Whether fields of messages are shown at all. */
export const showsFields = ({ defaultMode, names }: AccessLogPlan['fields']['headers']): boolean =>
  defaultMode !== 'drop' || Object.values(names).some((mode) => mode !== 'drop')

/**
 * Fields of messages as a log shows them: by canonical name, in no order, lines of one name joined by commas.
 */
export function messageFields({
  defaultMode,
  names,
}: AccessLogPlan['fields']['headers']): (lines: readonly string[]) => ReadonlyMap<string, string> {
  const modeOf = modes(defaultMode, names)
  const shownAs = recurring((name) => ({ name: canonicalName(name), mode: modeOf(name) }))
  return (lines) => {
    const values = new Map<string, string>()
    for (let i = 0; i < lines.length; i += 2) {
      const { name, mode } = shownAs(lines[i]!)
      if (mode === 'drop' || name === 'Transfer-Encoding') continue
      const value = mode === 'redact' ? 'REDACTED' : fromFieldText(lines[i + 1]!)
      const before = values.get(name)
      values.set(name, before === undefined || mode === 'redact' ? value : `${before},${value}`)
    }
    return values
  }
}

import { canonicalName, fromFieldText } from '../../http/fields.ts'
import type { AccessLogPlan, FieldMode } from '../../plan/telemetry.ts'

/** Whether fields of messages are shown at all. */
export const showsFields = ({ defaultMode, names }: AccessLogPlan['fields']['headers']): boolean =>
  defaultMode !== 'drop' || Object.values(names).some((mode) => mode !== 'drop')

/** Fields of a message as a log shows them: by canonical name, lines of one name joined by commas. */
export function messageFields(
  lines: readonly string[],
  modeOf: (name: string) => FieldMode,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (let i = 0; i < lines.length; i += 2) {
    const mode = modeOf(lines[i]!)
    const name = canonicalName(lines[i]!)
    if (mode === 'drop' || name === 'Transfer-Encoding') continue
    const value = mode === 'redact' ? 'REDACTED' : fromFieldText(lines[i + 1]!)
    const before = values.get(name)
    values.set(name, before === undefined || mode === 'redact' ? value : `${before},${value}`)
  }
  return values
}

import type { Fields } from '../../http/fields.ts'

/** What configuration does to one field: `null` deletes it. Both are field text already. */
export interface FieldEdit {
  readonly name: string
  readonly value: string | null
}

/** Sets and deletes fields in order. */
export function editFields(fields: Fields, edits: readonly FieldEdit[]): void {
  for (const { name, value } of edits) {
    if (value === null) fields.delete(name)
    else fields.set(name, value)
  }
}

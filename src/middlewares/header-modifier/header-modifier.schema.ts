import * as z from 'zod'
import { classOf, FRAMING } from '../../http/field-names.ts'
import { defineElement } from '../../schema/element.ts'
import { textMap, texts } from '../../schema/scalars.ts'
import { prepareFieldName, prepareFieldValue, prepareResponseValue } from '../shared/field-option.schema.ts'
import type { HeaderModifierConfig } from './header-modifier.ts'

const options = z.strictObject({
  set: textMap().optional().describe('Fields to set.'),
  add: textMap().optional().describe('Fields to add to what is there.'),
  remove: texts().optional().describe('Fields to delete.'),
})

type PrepareValue = (value: string, name: string) => string

function prepare(
  { set = {}, add = {}, remove = [] }: z.output<typeof options>,
  value: PrepareValue,
): HeaderModifierConfig {
  const pairs = (map: Readonly<Record<string, string>>) =>
    Object.entries(map)
      .map(([name, text]): [string, string] => [prepareFieldName(name), value(text, name)])
      .filter(([name]) => (classOf(name) & FRAMING) === 0)
  return { set: pairs(set), add: pairs(add), remove: remove.map(prepareFieldName) }
}

/** Options of `requestHeaderModifier`, which only the Gateway API makes. */
export const requestHeaderModifierElement = defineElement({
  schema: options.describe('Changes fields of requests.'),
  prepare: (given): HeaderModifierConfig => prepare(given, prepareFieldValue),
})

/** Options of `responseHeaderModifier`, which only the Gateway API makes. */
export const responseHeaderModifierElement = defineElement({
  schema: options.describe('Changes fields of responses.'),
  prepare: (given): HeaderModifierConfig => prepare(given, prepareResponseValue),
})

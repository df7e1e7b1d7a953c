import { parseArgs } from 'node:util'

/**
 * Options of a program that goes through random worlds; it ends with its usage where that is asked for, or where it is
 * not told what to compare with.
 * @param {string} usage
 * @param {Readonly<Record<string, string | boolean>>} defaults of options beside `reference`, `only` and `help`
 * @param {{ needsReference: boolean }} needs
 */
export function programOptions(usage, defaults, { needsReference } = { needsReference: true }) {
  const own = Object.entries(defaults).map(([name, value]) => [
    name,
    { type: typeof value === 'boolean' ? 'boolean' : 'string', default: value },
  ])
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(own),
      reference: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || (needsReference && values.reference === undefined)) {
    console.log(usage)
    process.exit(values.help ? 0 : 2)
  }
  return values
}

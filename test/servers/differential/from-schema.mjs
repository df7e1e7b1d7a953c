/** Random values of schemas as CustomResourceDefinitions have them. Paths are lists of keys, `[]` for items, `*` for values of maps. */

const ITEM = '[]'
const VALUE = '*'
/** A schema may hold itself. */
const MAX_DEPTH = 12

const isAny = (schema) =>
  schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true

/** Every place that has a value of its own. */
export function leavesOf(schema, path = []) {
  if (path.length > MAX_DEPTH) return []
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
  }
  if (schema.type === 'array') return leavesOf(schema.items, [...path, ITEM])
  if (typeof schema.additionalProperties === 'object') return leavesOf(schema.additionalProperties, [...path, VALUE])
  return [path]
}

/**
 * A value of a schema.
 *
 * @param forced a path that must be there, from here; null: nothing must
 * @param valueFor gives values of places without parts: `(random, path, schema)`
 * @param likely how probable a property is that need not be there: `(path) => probability`
 */
export function randomValue(random, schema, valueFor, { path = [], forced = null, likely }) {
  const inner = (key, forcedHere) => ({
    path: [...path, key],
    forced: forcedHere && forced !== null ? forced.slice(1) : null,
    likely,
  })
  if (schema.properties !== undefined) {
    const object = {}
    for (const [key, property] of Object.entries(schema.properties)) {
      const isForced = forced?.[0] === key
      const isRequired = schema.required?.includes(key) === true
      if (isForced || isRequired || random.chance(likely([...path, key]))) {
        object[key] = randomValue(random, property, valueFor, inner(key, isForced))
      }
    }
    return object
  }
  if (schema.type === 'array') {
    const count = forced?.[0] === ITEM || (schema.minItems ?? 0) > 0 ? 1 + random.below(2) : random.below(3)
    return Array.from({ length: count }, (_, at) => randomValue(random, schema.items, valueFor, inner(ITEM, at === 0)))
  }
  if (typeof schema.additionalProperties === 'object') {
    const keys = forced?.[0] === VALUE ? ['X-One'] : random.some(['X-One', 'X-Two', 'a.b'], 0.4)
    return Object.fromEntries(
      keys.map((key) => [key, randomValue(random, schema.additionalProperties, valueFor, inner(VALUE, true))]),
    )
  }
  return valueFor(random, path, schema)
}

/**
 * By type and, where it says so, by pattern; `texts` are candidates by the name of the place, or by its name and that of
 * the place around it (`services.name`).
 */
export const valueByName = (texts) => (random, path, schema) => {
  const [around = '', name = ''] = ['', '', ...path.filter((key) => key !== ITEM && key !== VALUE)].slice(-2)
  if (schema.enum !== undefined) return random.pick(schema.enum)
  const named = schema.type === 'integer' ? undefined : (texts[`${around}.${name}`] ?? texts[name])
  if (named !== undefined && !random.chance(0.03)) return random.pick(named)
  if (schema['x-kubernetes-int-or-string'] === true) {
    return schema.pattern?.includes('ns|us') === true
      ? random.pick(['1s', '250ms', 10, '1m30s'])
      : random.pick([80, 'web', 1])
  }
  if (isAny(schema))
    return random.pick([{ demo: { a: 'b', n: 5, list: ['x', 'y'], deep: { on: true } } }, { demo: {} }])
  switch (schema.type) {
    case 'boolean':
      return random.chance(0.5)
    case 'integer':
    case 'number': {
      const low = schema.minimum ?? 0
      return Math.min(schema.maximum ?? Number.POSITIVE_INFINITY, low + random.pick([0, 1, 2, 7, 100]))
    }
    default:
      return random.pick(['a', 'foo bar', 'X-Name', '10.0.0.1', '/p', ''])
  }
}

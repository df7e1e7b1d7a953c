// What people get wrong in a configuration: a tree, and its text.

const isBlock = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every place of a tree: `[holder, key]`. */
function places(tree) {
  return Object.keys(tree).flatMap((key) => {
    const value = tree[key]
    return [[tree, key], ...(typeof value === 'object' && value !== null ? places(value) : [])]
  })
}

const misspelt = (random, key) => {
  const at = random.below(key.length)
  switch (random.below(4)) {
    case 0:
      return key.slice(0, at) + key.slice(at + 1)
    case 1:
      return key.slice(0, at) + random.pick(['x', 's', '-', '_']) + key.slice(at)
    case 2:
      return `${key}s`
    default:
      return random.pick(['', 'true', '0', 'a.b', 'nonsense', 'default'])
  }
}

const SCALARS = [
  null,
  '',
  0,
  -1,
  1.5,
  1e21,
  '0x10',
  'yes',
  'on',
  'true',
  true,
  false,
  'x',
  ' ',
  '1e3',
  '9223372036854775808',
]

/** A value of another kind. */
const another = (random, value) => {
  switch (random.below(6)) {
    case 0:
      return [value]
    case 1:
      return { a: value }
    case 2:
      return random.pick([[], {}, [[]], [{}], [null], { a: null }])
    default:
      return random.pick(SCALARS)
  }
}

/** Changes a tree in one place. */
export function mistaken(random, tree) {
  const all = places(tree)
  if (all.length === 0) return
  const [holder, key] = random.pick(all)
  if (random.chance(0.35) && isBlock(holder)) {
    const value = holder[key]
    delete holder[key]
    holder[misspelt(random, key)] = value
  } else if (random.chance(0.15) && isBlock(holder)) {
    // The same name in another case.
    holder[random.pick([key.toUpperCase(), key.toLowerCase()])] = random.chance(0.5)
      ? structuredClone(holder[key])
      : another(random, holder[key])
  } else holder[key] = another(random, holder[key])
}

/** Changes a text in one place, in a way that no tree can have. */
export function mistyped(random, text) {
  const lines = text.split('\n')
  const at = random.below(lines.length)
  switch (random.below(9)) {
    case 0:
      lines.splice(at, 0, lines[at])
      break
    case 1:
      lines[at] = lines[at].replace(/^ */, (blanks) => '\t'.repeat(blanks.length / 2))
      break
    case 2:
      lines[at] = ` ${lines[at]}`
      break
    case 3:
      lines.splice(at, 0, random.pick(['---', '...', '# a comment', '%YAML 1.1', '[', '= 1']))
      break
    case 4:
      return `\ufeff${text}`
    case 5:
      return text.replaceAll('\n', '\r\n')
    case 6:
      return text.slice(0, random.below(text.length))
    case 7:
      lines[at] = lines[at].replace(/([:=]) ?/, '$1')
      break
    default:
      lines[at] += random.pick([' # comment', ' x', '"', ' &a', ' !!str', ':', ' *a', ','])
  }
  return lines.join('\n')
}

// One configuration in each of the notations that an install configuration may have.
import { stringify as toml } from 'smol-toml'
import { stringify as yaml } from 'yaml'

const isBlock = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Keys in another case, for notations that do not mind; those of maps stay, as far as one can tell by the value. */
function recased(value, change, depth = 0) {
  if (Array.isArray(value)) return value.map((item) => recased(item, change, depth + 1))
  if (!isBlock(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      isBlock(inner) || depth === 0 ? change(key, depth) : key,
      recased(inner, change, depth + 1),
    ]),
  )
}

/** `[dotted name, text]` of everything in a tree. */
export function flattened(random, tree, prefix = '') {
  return Object.entries(tree).flatMap(([key, value]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`
    if (value === null) return []
    if (Array.isArray(value)) {
      if (value.some((item) => isBlock(item) || Array.isArray(item)))
        return value.flatMap((item, at) => flattened(random, { [`${name}[${at}]`]: item }))
      return [[name, value.map(String).join(random.pick([',', ', ']))]]
    }
    if (!isBlock(value)) return [[name, String(value)]]
    return Object.keys(value).length === 0
      ? [[name, random.pick(['true', 'true', ''])]]
      : flattened(random, value, name)
  })
}

const spelt = (random) => {
  const change = random.pick([null, null, null, 'toLowerCase', 'toUpperCase'])
  return change === null ? (text) => text : (text) => text[change]()
}

function asYaml(random, tree) {
  const change = spelt(random)
  const content = recased(tree, (key, depth) => (depth === 1 ? key : change(key)))
  if (random.chance(0.2))
    return { name: random.pick(['static.yml', 'static.json', 'static.YAML']), text: JSON.stringify(content) }
  const text = yaml(content, {
    indent: random.pick([2, 4]),
    defaultStringType: random.pick(['PLAIN', 'PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE']),
    collectionStyle: random.pick(['any', 'any', 'flow']),
  })
  return { name: random.pick(['static.yml', 'static.yaml']), text }
}

const asToml = (tree) => ({ name: 'static.toml', text: toml(tree) })

/** Below these Traefik guesses whether a flag takes the next argument. */
const NAMED = /^(entryPoints|certificatesResolvers)\./

function asFlags(random, tree) {
  const change = spelt(random)
  return flattened(random, tree).flatMap(([name, text]) => {
    const dashes = random.pick(['--', '--', '--', '-'])
    const flag = `${dashes}${name
      .split('.')
      .map((level, at) => (at === 1 ? level : change(level)))
      .join('.')}`
    if (text === 'true' && random.chance(0.5)) return [flag]
    if (text.includes(',') && !text.includes(', ') && random.chance(0.3))
      return text.split(',').map((one) => `${flag}=${one}`)
    return random.chance(0.1) && !NAMED.test(name) && text !== '' && text !== 'true' && !text.startsWith('-')
      ? [flag, text]
      : [`${flag}=${text}`]
  })
}

const asEnvironment = (random, tree) =>
  Object.fromEntries(
    flattened(random, tree).map(([name, text]) => [
      `TRAEFIK_${name
        .toUpperCase()
        .replaceAll('.', '_')
        .replaceAll(/\[(\d+)\]/g, random.pick(['[$1]', '_$1']))}`,
      text,
    ]),
  )

/**
 * How a proxy is started with a configuration: files by name, arguments, variables. Mostly one source, now and then
 * others beside it.
 */
export function written(random, tree, isTomlPossible) {
  const beside = random.chance(0.12)
  const args = []
  const env = {}
  const kind = random.pick(['yaml', 'yaml', 'toml', 'flags', 'flags', 'env'])
  if (kind === 'flags') {
    args.push(...asFlags(random, tree))
    if (beside) Object.assign(env, random.pick(BESIDE).env)
    return { kind, files: [], args, env }
  }
  if (kind === 'env') {
    Object.assign(env, asEnvironment(random, tree))
    if (beside) args.push(...random.pick(BESIDE).args)
    return { kind, files: [], args, env }
  }
  const file = kind === 'toml' && isTomlPossible ? asToml(tree) : asYaml(random, tree)
  const isInPlace = random.chance(0.1)
  if (isInPlace) file.name = file.name.replace('static', 'traefik').replace('json', 'yml').replace('YAML', 'yaml')
  else
    args.push(
      ...random.pick([['--configFile='], ['--configfile='], ['--configFile'], ['-configFile='], ['--configfile=./']]),
    )
  if (!isInPlace) {
    if (args[0].includes('=')) args[0] += file.name
    else args.push(file.name)
  }
  if (beside) {
    const other = random.pick(BESIDE)
    args.push(...other.args)
    Object.assign(env, other.env)
  }
  return { kind, files: [file], args, env }
}

/** What stands beside the source that counts. */
const BESIDE = [
  { args: ['--ping'], env: { TRAEFIK_PING: 'true' } },
  { args: ['--log.level=DEBUG', '--api.debug'], env: { TRAEFIK_LOG_LEVEL: 'DEBUG' } },
  { args: ['--nonsense=1'], env: { TRAEFIK_NONSENSE: '1' } },
  { args: ['--pilot.token=x'], env: { TRAEFIK_PILOT_TOKEN: 'x' } },
  { args: ['--api=false'], env: { TRAEFIK_APIX: 'x' } },
  { args: ['words', '--ping'], env: { TRAEFIK_CONFIGFILE: 'other.yml' } },
  { args: ['--', '--nonsense'], env: { traefik_ping: 'true' } },
]

import { readPairs } from '../../../../src/compiler/discovery/kv.ts'
import { allOptions, textFor } from '../options.mjs'

const NAMES = ['s', 'one', 'Two', 'm-3', 'a.b', '7']

/** Now and then a tree is wrong: Traefik takes longer and longer to look again after each of them. */
const WRONG = 0.04

/** Options that keys can say. */
const options = allOptions.filter(({ meta }) => meta.notEmptyIn?.includes('kv') !== true)

/** Keys of an option, in the spelling of key-value stores. */
function keysOf(random, option) {
  let key = option.name
    .replaceAll('<name>', () => random.pick(random.chance(0.1) ? NAMES : NAMES.slice(0, 3)))
    .replaceAll('[n]', () => `.${random.pick([0, 1, 2, 10])}`)
    .replaceAll(/\.(?!b(\.|$))/g, '/')
  if (random.chance(0.2)) key = key.toLowerCase()
  // A status by itself would be an index.
  if (option.type === 'map of integer') return { [`${key}/500-599`]: '200' }
  if (option.type.startsWith('map of')) key += `/${random.pick(['X-A', 'x-b', 'a/b'])}`
  const text = textFor(random, option)
  if (option.type !== 'list of string' || random.chance(0.4)) return { [key]: text }
  return Object.fromEntries(text.split(',').map((item, at) => [`${key}/${at}`, item]))
}

/** So many options come up in turn in each tree. */
const IN_TURN = 5

/** One tree; every option comes up in turn. */
function tree(random, turn) {
  const keys = {}
  const put = (option) => Object.assign(keys, keysOf(random, option))
  for (const option of inTurn(turn)) put(option)
  for (let extra = random.below(5); extra > 0; extra--) put(random.pick(options))
  if (random.chance(0.6)) keys[`http/routers/${random.pick(NAMES)}/rule`] = 'Host(`w.test`)'
  if (random.chance(0.6)) keys[`http/services/${random.pick(NAMES)}/loadBalancer/servers/0/url`] = 'http://10.9.8.7'
  if (random.chance(0.1)) keys.enable = 'true'
  if (random.chance(0.1)) keys['htp/routers/a/rule'] = 'x'
  if (random.chance(0.1)) keys['http//routers///slashes/rule/'] = 'Path(`/`)'
  if (random.chance(0.05)) keys['HTTP/Routers/case/RULE'] = 'Path(`/`)'
  return Object.fromEntries(Object.entries(keys).map(([key, text]) => [`traefik/${key}`, text]))
}

const inTurn = (turn) => Array.from({ length: IN_TURN }, (_, at) => options[(turn * IN_TURN + at) % options.length])

/**
 * Trees of keys in a real store.
 * @param provider as in qualified names
 * @param server how the store is started and written, as the tests do it
 * @param store what it can hold of a tree, and what Traefik needs to look at it
 */
export async function createKvWorlds(
  random,
  provider,
  server,
  { holds = (keys) => keys, nudge = async () => {} } = {},
) {
  await server.start()
  const used = new Set()
  let marker = ''
  let keys = {}
  let turn = 0
  const isRight = (candidate) => readPairs(Object.entries(candidate), 'traefik').value !== null

  /** A mistake beside what is there, which both keep. */
  async function spoil(at) {
    let mistake
    do mistake = holds(tree(random, at))
    while (isRight({ ...keys, ...mistake }))
    for (const [key, text] of Object.entries(mistake)) {
      if (isRight({ ...keys, [key]: text })) continue
      await server.put({ [key]: text })
      await nudge(at)
      return { ...keys, [key]: text }
    }
    return keys
  }

  return {
    provider,
    enough: 100,
    env: {},
    flags: () => server.flags,
    isSeen: (elements) => marker === '' || elements[`http/routers/${marker}`]?.rule !== undefined,
    async make(at) {
      if (at > 0 && random.chance(WRONG)) return await spoil(at)
      do {
        keys = holds({ ...tree(random, turn), [`traefik/http/routers/marker${at}/rule`]: 'Path(`/marker`)' })
      } while (!isRight(keys))
      for (const { name } of inTurn(turn++)) used.add(name)
      marker = `marker${at}`
      await server.replace(keys)
      await nudge(at)
      return keys
    },
    missing: () => options.map(({ name }) => name).filter((name) => !used.has(name)),
    stop: () => server.stop(),
  }
}

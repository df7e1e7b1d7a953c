/** Parts of routes of the Gateway API. */

const valueMatch = (random, name) => ({
  name,
  value: random.pick(['1', '^b']),
  ...(random.chance(0.3) ? { type: random.pick(['Exact', 'RegularExpression']) } : {}),
})

export const headersOf = (random) => random.pick([['X-A'], ['X-A', 'X-B']]).map((name) => valueMatch(random, name))

export const queryOf = (random) => random.pick([['q'], ['q', 'r']]).map((name) => valueMatch(random, name))

const modifier = (random) =>
  random.pick([
    { set: [{ name: 'X-A', value: '1' }], remove: ['X-B'] },
    { add: [{ name: 'X-C', value: '2' }] },
    { set: [{ name: 'X-A', value: '1' }], add: [{ name: 'X-C', value: '2' }] },
  ])

const path = (random, isPrefix) =>
  isPrefix && random.chance(0.5)
    ? { type: 'ReplacePrefixMatch', replacePrefixMatch: random.pick(['/n', '/']) }
    : { type: 'ReplaceFullPath', replaceFullPath: random.pick(['/n', '/']) }

const some = (random, all) => Object.assign({}, ...random.some(all, 0.4))

/** Filters that all proxies have. */
const FILTERS = {
  RequestHeaderModifier: (random) => ({ requestHeaderModifier: modifier(random) }),
  ResponseHeaderModifier: (random) => ({ responseHeaderModifier: modifier(random) }),
  RequestRedirect: (random) => ({
    requestRedirect: {
      statusCode: random.pick([301, 302]),
      ...some(random, [
        { scheme: random.pick(['http', 'https']) },
        { hostname: 'n.test' },
        { port: 8443 },
        { path: path(random, false) },
      ]),
    },
  }),
  URLRewrite: (random) => ({
    urlRewrite: random.pick([
      { hostname: 'n.test' },
      { path: path(random, false) },
      { hostname: 'n.test', path: path(random, false) },
    ]),
  }),
  ExtensionRef: (random) => ({
    extensionRef: {
      group: random.pick(['traefik.io', 'odd.test']),
      kind: random.pick(['Middleware', 'Odd']),
      name: 'm',
    },
  }),
}

/** Those of ours. */
const EXTRA = {
  RequestMirror: (random) => ({ requestMirror: { backendRef: { name: 's1', port: 80 }, percent: random.below(101) } }),
  CORS: () => ({ cors: { allowOrigins: ['https://a.test'], allowMethods: ['GET'] } }),
}

/** What `filtersOf` notes. */
export const FILTER_FIELDS = [
  ...['requestHeaderModifier', 'responseHeaderModifier', 'requestRedirect', 'urlRewrite', 'extensionRef'],
  ...['requestMirror', 'cors'],
].map((name) => `filter.${name}`)

/** Filters of an HTTPRoute. @param field notes what occurs @param isExtra those that Traefik has not */
export function filtersOf(random, field, isExtra, isBackend = false) {
  const known = isExtra ? EXTRA : FILTERS
  const names = isBackend ? ['RequestHeaderModifier', 'ResponseHeaderModifier'] : Object.keys(known)
  const first = random.pick(names)
  const second = !isExtra && first !== 'RequestHeaderModifier' && random.chance(0.2) ? ['RequestHeaderModifier'] : []
  return [first, ...second].map((type) => ({
    type,
    ...Object.assign(
      {},
      ...Object.entries(known[type](random)).map(([name, value]) => field(`filter.${name}`, 1, () => value)),
    ),
  }))
}

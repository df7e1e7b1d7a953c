/** What both proxies say of one provider, made comparable: `{ 'http/routers/a': … }` by kind and local name. */
export function elementsOf(rawData, provider) {
  const elements = {}
  for (const [kind, prefix] of [
    ['routers', 'http/routers'],
    ['services', 'http/services'],
    ['middlewares', 'http/middlewares'],
    ['tcpRouters', 'tcp/routers'],
    ['tcpServices', 'tcp/services'],
    ['tcpMiddlewares', 'tcp/middlewares'],
    ['udpRouters', 'udp/routers'],
    ['udpServices', 'udp/services'],
  ]) {
    for (const [name, element] of Object.entries(rawData[kind] ?? {})) {
      if (name.endsWith(`@${provider}`))
        elements[`${prefix}/${name.slice(0, -provider.length - 1)}`] = canonical(element)
    }
  }
  return elements
}

/** Order of servers comes from a random start in Traefik, that of keys and entry points from nowhere. */
function canonical(value, key = '') {
  if (Array.isArray(value)) {
    const list = value.map((item) => canonical(item))
    return ['servers', 'usedBy', 'using', 'entryPoints'].includes(key)
      ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : list
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, canonical(value[name], name)]),
  )
}

/** Paths at which two trees differ, with both values. */
export function differences(reference, ours, path = '') {
  if (JSON.stringify(reference) === JSON.stringify(ours)) return []
  const bothObjects = [reference, ours].every(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  )
  if (!bothObjects) return [{ path, reference, ours }]
  return [...new Set([...Object.keys(reference), ...Object.keys(ours)])].flatMap((key) =>
    differences(reference[key], ours[key], path === '' ? key : `${path}/${key}`),
  )
}

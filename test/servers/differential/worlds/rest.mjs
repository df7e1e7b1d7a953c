import { documentOptions, jsonValue, randomDocument } from '../tree.mjs'

/** Documents that are put to both. */
export async function createWorlds(random) {
  const used = new Set()
  let turn = 0
  let marker = ''
  return {
    provider: 'rest',
    /** Worlds after which every option must have occurred. */
    enough: 400,
    env: {},
    /** Both may refuse a document. */
    mayRefuse: true,
    flags: () => ['--providers.rest.insecure=true'],
    isSeen: (elements) => marker === '' || elements[`http/routers/${marker}`] !== undefined,
    async make(at, proxies) {
      const document = randomDocument(random, turn++, used, jsonValue)
      const next = `marker${at}`
      if (random.chance(0.2)) document.unknown = { a: 1 }
      if (typeof document.http !== 'object' || document.http === null) document.http = {}
      if (typeof document.http.routers !== 'object' || document.http.routers === null) document.http.routers = {}
      document.http.routers[next] = { rule: 'Host(`m.test`)', service: 'noop@internal' }
      const answers = []
      for (const { port } of proxies) {
        const response = await fetch(`http://127.0.0.1:${port}/api/providers/rest`, {
          method: 'PUT',
          body: JSON.stringify(document),
        })
        answers.push([response.status, response.status === 200 ? sorted(await response.json()) : null])
      }
      const [theirs, ours] = answers.map((answer) => JSON.stringify(answer))
      if (theirs !== ours) console.log(`world ${at}: the answers differ\n  Traefik:   ${theirs}\n  Signalbox: ${ours}`)
      // What both refuse changes nothing.
      if (answers[0][0] === 200) marker = next
      return document
    },
    missing: () => documentOptions.map(({ name }) => name).filter((name) => !used.has(name)),
    stop: async () => undefined,
  }
}

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]))
}

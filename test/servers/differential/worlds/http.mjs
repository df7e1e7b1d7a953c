import http from 'node:http'
import { documentOptions, fileValue, randomDocument } from '../tree.mjs'

/** Documents that a server has. */
export async function createWorlds(random) {
  let text = 'http: {}\n'
  const server = http.createServer((_, response) => response.end(text))
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const used = new Set()
  let turn = 0
  let marker = ''
  return {
    provider: 'http',
    /** Worlds after which every option must have occurred. */
    enough: 400,
    env: {},
    /** Both may refuse a document. */
    mayRefuse: true,
    flags: () => [
      `--providers.http.endpoint=http://127.0.0.1:${server.address().port}/`,
      '--providers.http.pollInterval=100ms',
    ],
    isSeen: (elements) => marker === '' || elements[`http/routers/${marker}`] !== undefined,
    async make(at) {
      const document = randomDocument(random, turn++, used, fileValue)
      marker = `marker${at}`
      document.http ??= {}
      document.http.routers ??= {}
      document.http.routers[marker] = { rule: 'Host(`m.test`)', service: 'noop@internal' }
      // JSON is YAML.
      text = JSON.stringify(document)
      return document
    },
    missing: () => documentOptions.map(({ name }) => name).filter((name) => !used.has(name)),
    stop: () => {
      server.closeAllConnections()
      return new Promise((closed) => server.close(closed))
    },
  }
}

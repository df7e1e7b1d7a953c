import signalbox, { SignalboxState } from './worker.js'

/**
 * Cloudflare's network in front of the worker, as far as local runs lack it: the main module of a worker under test.
 *
 * Of a request the field `X-Front` says, as JSON: `scheme` (default `http`), `client` (address) and `cf` (more of
 * `request.cf`), `kv` (`fails`: an isolate whose first request says so can't read KV); `direct`: it has not come by the network but from another Worker, by a service binding. The rest is the
 * client's own word, which the network replaces.
 *
 * A server named `NNN.network.test` can't be reached: the network answers NNN. One named `NNN-after.network.test:PORT`
 * gets the request on a port of this machine, and then the network answers NNN.
 */

export { SignalboxState }

const CF = { colo: 'FRA', country: 'DE', asn: 64500, httpProtocol: 'HTTP/1.1' }
const TLS = { tlsVersion: 'TLSv1.3', tlsCipher: 'AEAD-AES128-GCM-SHA256' }

export default {
  fetch(native, env, execution) {
    const headers = new Headers(native.headers)
    const {
      scheme = 'http',
      client = '198.51.100.1',
      cf = {},
      direct = false,
      kv = 'reads',
    } = JSON.parse(headers.get('X-Front') ?? '{}')
    headers.delete('X-Front')
    const { method, url, body, signal } = native
    const bindings = kv === 'reads' ? env : { ...env, SIGNALBOX_KV: unreadable }
    const request = { method, url: scheme + url.slice(url.indexOf(':')), headers, body, signal }
    if (direct) return signalbox.fetch(request, bindings, execution)
    headers.set('CF-Connecting-IP', client)
    colo = cf.colo ?? CF.colo
    const network = { ...CF, ...(scheme === 'https' ? TLS : {}), ...cf }
    return signalbox.fetch({ ...request, cf: network }, bindings, execution)
  },
  scheduled: signalbox.scheduled,
}

/** Of this isolate: each location has a cache of its own. */
let colo = CF.colo
const openCache = caches.open.bind(caches)
Object.defineProperty(globalThis, 'caches', { value: { open: (name) => openCache(`${name}-${colo}`) } })

const unreadable = {
  async get() {
    throw new Error('KV GET failed: 500 Internal Server Error')
  },
}

const reach = globalThis.fetch

globalThis.fetch = async (input, init) => {
  const url = new URL(typeof input === 'string' ? input : input.url)
  const named = /^(\d{3})(-after)?\.network\.test$/.exec(url.hostname)
  if (named === null) return reach(input, init)
  if (named[2] !== undefined) {
    url.hostname = '127.0.0.1'
    await (await reach(url, init)).body?.cancel()
  }
  return new Response(`error code: ${named[1]}`, { status: Number(named[1]) })
}

import { spawn } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { ApiServer, manifestsIn } from '../test/servers/support/kubernetes.ts'
import {
  endpoints,
  externalName,
  ingressRoute,
  namespace,
  service,
} from '../test/servers/support/kubernetes-objects.ts'
import { untilServed } from '../test/servers/support/load.ts'
import { freePort } from '../test/support/free-port.ts'

const root = path.join(import.meta.dirname, '..')

/** Requests to the API server at once. */
const AT_ONCE = 8
const EVENTS = 10_000
const HOST = 'app.test'
/** Time for what the last events set off to end. */
const SETTLE_MS = 2_000

/**
 * @param {number} count
 * @param {(at: number) => Promise<void>} act
 */
async function each(count, act) {
  let next = 0
  const loop = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, loop))
}

/** A random address, so that every change is one. */
const someAddress = () => `10.1.${randomInt(256)}.${randomInt(1, 255)}`

/** @param {number} at */
const nameOf = (at) => `r${at + 1}`

/**
 * An API server with so many routes, each with a service and a slice.
 * @param {number} routes
 */
async function cluster(routes) {
  const api = await ApiServer.create()
  await api.start()
  await api.install(manifestsIn(path.join(root, 'examples/kubernetes/kubernetes-crd-definition-v1.yml')))
  await api.apply(namespace())
  await each(routes, async (at) => {
    const name = nameOf(at)
    await api.apply(service(name))
    await api.apply(endpoints(name, someAddress()))
    await api.apply(ingressRoute(name, name))
  })
  return api
}

/**
 * One endpoint is another one, until the proxy's API shows it.
 * @param {number} routes
 */
export async function patchedEndpoints(routes) {
  const api = await cluster(routes)
  const router = (at) => {
    const name = nameOf(at)
    const rule = createHash('sha256').update(`Host(\`${name}.test\`)`).digest('hex').slice(0, 20)
    return `shop-${name}-${rule}@kubernetescrd`
  }
  return {
    flags: api.flags('kubernetesCRD'),
    first: { where: `/api/http/routers/${router(routes - 1)}` },
    async change() {
      const at = randomInt(routes)
      const address = someAddress()
      await api.apply(endpoints(nameOf(at), address))
      return { where: `/api/http/services/${router(at)}`, text: address }
    },
    stop: () => api.stop(),
  }
}

/**
 * Requests to one route while the endpoints of others change ten thousand times, for each proxy in turn.
 * @param {Readonly<Record<string, readonly string[]>>} commands
 * @param {number} routes
 */
export async function manyEvents(commands, routes) {
  const api = await cluster(routes)
  const backend = http.createServer((_, response) => response.end('ok\n')).listen(0, '127.0.0.1')
  await once(backend, 'listening')
  const { port: backendPort } = /** @type {import('node:net').AddressInfo} */ (backend.address())
  await api.apply(externalName('app', 'localhost', backendPort))
  await api.apply(ingressRoute('app', 'app', backendPort))
  try {
    for (const [who, [program, ...args]] of Object.entries(commands)) {
      const port = await freePort()
      const flags = [
        ...[`--entryPoints.web.address=127.0.0.1:${port}`, '--log.level=ERROR', '--global.checkNewVersion=false'],
        ...[...api.flags('kubernetesCRD'), '--providers.kubernetesCRD.allowExternalNameServices=true'],
      ]
      const proxy = spawn(program, [...args, ...flags], { stdio: ['ignore', 'inherit', 'inherit'] })
      try {
        await untilServed(port, HOST)
        await sleep(SETTLE_MS)
        const load = new Worker(path.join(import.meta.dirname, 'load-thread.mjs'), {
          workerData: { port, host: HOST, connections: 2 },
        })
        const began = performance.now()
        await each(EVENTS, (at) => api.apply(endpoints(nameOf(at % routes), someAddress())))
        const seconds = (performance.now() - began) / 1_000
        await sleep(SETTLE_MS)
        load.postMessage('stop')
        const [{ sent, failed, worstMs, slowMs }] = await once(load, 'message')
        await load.terminate()
        const times = `99 of 100 within ${Math.round(slowMs)} ms, the worst ${Math.round(worstMs)} ms`
        console.log(
          `kubernetes-events ${who}: ${EVENTS} in ${Math.round(seconds)} s, ${failed.length} of ${sent} requests failed, ${times}`,
        )
      } finally {
        proxy.kill('SIGKILL')
      }
    }
  } finally {
    backend.close()
    await api.stop()
  }
}

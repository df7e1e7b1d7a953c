// The worlds of test/servers/requests.mjs as the worker in workerd serves them.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { startLocalWorker } from '../../../adapters/cli/edge/miniflare.ts'
import { publish } from '../../../adapters/cli/edge/publish.ts'
import { generateSigningKey } from '../../../adapters/cli/edge/signing-keys.ts'
import { loadInstallHere } from '../../../adapters/cli/install.ts'
import { planFile } from '../../../adapters/cli/plan-file.ts'
import { ask } from '../../servers/differential/requests/asking.mjs'

/** How long the worker may take to have a plan in force. */
const PATIENCE_MS = 30_000

/**
 * A configuration as it may be on Workers: servers have a name in the place of their address.
 * @param {object} configuration
 */
export const named = (configuration) =>
  JSON.parse(JSON.stringify(configuration).replaceAll('://127.0.0.1:', '://localhost:'))

/**
 * A configuration without the middlewares that `check --target edge` has an error for, and the plan of what is left.
 * @param {object} configuration
 * @param {string} file to write it to
 * @param {readonly string[]} flags the install configuration
 */
export async function portable(configuration, file, flags) {
  const { install, problems } = loadInstallHere(flags, 'edge')
  if (install === null) throw new Error(problems.map(({ message }) => message).join('; '))
  for (let rest = configuration; ; ) {
    writeFileSync(file, JSON.stringify(rest))
    const { plan, problems: found } = await planFile(file, { target: 'edge', install })
    if (plan === null) throw new Error(found.map(({ message }) => message).join('; '))
    const errors = found.filter(({ severity, message }) => severity === 'error' && message.startsWith('edge: '))
    if (errors.length === 0) return { configuration: rest, plan }
    for (const { path: keys, message } of errors) {
      const [section, kind, name] = keys
      if (section !== 'http' || kind !== 'middlewares') throw new Error(`${keys.join('.')}: ${message}`)
      rest = without(rest, name)
    }
  }
}

/** A configuration without a middleware. */
function without({ http }, name) {
  const { [name]: _, ...middlewares } = http.middlewares
  const kept = (list = []) => list.filter((other) => other !== name)
  const { chain } = middlewares.chain
  const routers = Object.entries(http.routers).map(([key, router]) => [
    key,
    { ...router, middlewares: kept(router.middlewares) },
  ])
  return {
    http: {
      ...http,
      middlewares: { ...middlewares, chain: { chain: { middlewares: kept(chain.middlewares) } } },
      routers: Object.fromEntries(routers),
    },
  }
}

/** The built worker behind the network that `edge dev` imitates; clients have the address of this machine. */
export async function startWorker() {
  const key = await generateSigningKey()
  const worker = await startLocalWorker({
    host: '127.0.0.1',
    port: 0,
    shared: true,
    client: '127.0.0.1',
    vars: {
      SIGNALBOX_PUBLIC_KEYS: key.publicKey,
      SIGNALBOX_LOG_LEVEL: 'panic',
      // The scheduled run alone makes it look for another plan.
      SIGNALBOX_REFRESH_MS: '600000',
    },
  })
  const ports = { http: Number(worker.url.port), https: Number(worker.httpsUrl.port) }
  return {
    ports,
    /** Publishes a plan, and waits until a request by https for this path is answered by it. */
    async publish(plan, path) {
      await publish(worker.kv, plan, key, Date.now(), { mayBeEmpty: true })
      await worker.runScheduled()
      const request = `GET ${path} HTTP/1.1\r\nHost: marker\r\nConnection: close\r\n\r\n`
      for (const end = Date.now() + PATIENCE_MS; ; await sleep(20)) {
        const answer = await ask(ports.https, request)
        if (answer !== null && answer.status === 200) return
        if (Date.now() > end) throw new Error(`${path} does not come: ${JSON.stringify(answer)}`)
      }
    },
    stop: () => worker.stop(),
  }
}

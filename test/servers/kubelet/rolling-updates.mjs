// Rolling updates of a Deployment of three under load, in the network that `runInside` makes: Signalbox, and Traefik beside
// it with the same Pods. The last line is JSON: what each proxy's clients got, and how the servers came and went.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { Kubelet } from '../kubelet.ts'
import { ApiServer, manifestsIn } from '../support/kubernetes.ts'
import { ingressRoute, NAMESPACE, namespace } from '../support/kubernetes-objects.ts'
import { startLoad, untilServed } from '../support/load.ts'
import { MACHINE, openNetwork } from './network.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1' }, reference: { type: 'string' } } })
const root = path.join(import.meta.dirname, '../../..')
const REPLICAS = 3
const HOST = 'app.test'
/** How long one update may take: three Pods, one after the other, on a busy machine. */
const LIMIT_MS = 120_000
/** Between two looks at the servers; one that ends is fenced for a second or more. */
const LOOK_MS = 50

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'app', namespace: NAMESPACE },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' } },
      spec: {
        terminationGracePeriodSeconds: 2,
        containers: [
          {
            name: 'app',
            image: 'server',
            ports: [{ name: 'web', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/', port: 'web' } },
          },
        ],
      },
    },
  },
}

await openNetwork()
const api = await ApiServer.create({ host: MACHINE })
await api.start()
await api.install(manifestsIn(path.join(root, 'examples/kubernetes/kubernetes-crd-definition-v1.yml')))
await api.apply(namespace())
await api.startControllers()
const kubelet = await Kubelet.start(
  api,
  new Map([['server', [process.execPath, path.join(import.meta.dirname, 'server.mjs')]]]),
)
await api.apply(deployment)
await api.apply({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'app', namespace: NAMESPACE },
  spec: { selector: { app: 'app' }, ports: [{ name: 'web', port: 80, targetPort: 'web' }] },
})
await api.apply(ingressRoute('app'))
await untilUpdated()

const programs = {
  signalbox: [process.execPath, path.join(root, 'dist/cli.js')],
  ...(values.reference === undefined ? {} : { traefik: [values.reference] }),
}
const proxies = await Promise.all(Object.entries(programs).map(startProxy))
const loads = proxies.map(({ name, port }) => ({ name, load: startLoad(port, HOST) }))
const servers = watchServers(proxies[0].management)
for (let round = 1; round <= Number(values.rounds); round++) {
  const annotations = { 'test/round': String(round) }
  const patch = { spec: { template: { metadata: { annotations } } } }
  await api.request('PATCH', api.pathOf(deployment), JSON.stringify(patch), 'application/merge-patch+json')
  await Promise.race([untilUpdated(), kubelet.broken])
}
await until(
  () => servers.seen.at(-1) ?? '',
  (now) => now.split(',').length === REPLICAS && !now.includes('fenced'),
  LIMIT_MS,
)
const results = {}
for (const { name, load } of loads) results[name] = await load.stop()
console.log(JSON.stringify({ results, servers: servers.seen }))
// Everything else ends with the first process of the namespace.
process.exit(0)

async function startProxy([name, [program, ...args]]) {
  const [port, management] = [await freePort(), await freePort()]
  const flags = [
    `--entryPoints.web.address=127.0.0.1:${port}`,
    `--entryPoints.traefik.address=127.0.0.1:${management}`,
    ...['--api.insecure=true', '--global.checkNewVersion=false', '--log.level=ERROR', ...api.flags('kubernetesCRD')],
  ]
  spawn(program, [...args, ...flags], { stdio: ['ignore', 2, 2] })
  await untilServed(port, HOST)
  return { name, port, management }
}

/** The Pods of the newest template, and no others, are there and ready. */
function untilUpdated() {
  const state = async () => {
    const { metadata, status = {} } = await api.get(deployment)
    const pods = JSON.parse((await api.request('GET', `/api/v1/namespaces/${NAMESPACE}/pods`)).text).items
    const { observedGeneration, updatedReplicas, availableReplicas } = status
    return { isSeen: observedGeneration === metadata.generation, updatedReplicas, availableReplicas, pods: pods.length }
  }
  const isDone = ({ isSeen, updatedReplicas, availableReplicas, pods }) =>
    isSeen && updatedReplicas === REPLICAS && availableReplicas === REPLICAS && pods === REPLICAS
  return until(state, isDone, LIMIT_MS)
}

/** Which servers the proxy has, each time that they are others. */
function watchServers(management) {
  const seen = []
  const look = async () => {
    for (;;) {
      const services = await (await fetch(`http://127.0.0.1:${management}/api/http/services`)).json()
      const now = services
        .flatMap(({ loadBalancer }) => loadBalancer?.servers ?? [])
        .map(({ url, fenced }) => `${url}${fenced === true ? ' fenced' : ''}`)
        .sort()
        .join()
      if (now !== seen.at(-1)) seen.push(now)
      await sleep(LOOK_MS)
    }
  }
  void look()
  return { seen }
}

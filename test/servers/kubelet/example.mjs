// The manifests of examples/kubernetes as they are, in the network that `runInside` makes: their Deployments run. The last
// line is JSON: the answers to a request for each of the routes from each Pod of the proxy.
import http from 'node:http'
import path from 'node:path'
import { until } from '../../support/until.ts'
import { Kubelet } from '../kubelet.ts'
import { definitionsOfGateways } from '../support/gateway-api.ts'
import { ApiServer, manifestsIn } from '../support/kubernetes.ts'
import { MACHINE, openNetwork } from './network.ts'

const root = path.join(import.meta.dirname, '../../..')
const example = (name) => manifestsIn(path.join(root, 'examples/kubernetes', name))
const HOSTS = ['whoami.localhost', 'ingress.localhost', 'gateway.localhost']
const LIMIT_MS = 90_000

await openNetwork()
const api = await ApiServer.create({ host: MACHINE })
await api.start()
await api.install([...example('kubernetes-crd-definition-v1.yml'), ...definitionsOfGateways()])
await api.startControllers()
const images = new Map([
  ['signalbox', [process.execPath, path.join(root, 'dist/cli.js')]],
  ['whoami', [process.execPath, path.join(import.meta.dirname, 'server.mjs'), '80']],
])
const kubelet = await Kubelet.start(api, images)
for (const file of ['rbac.yml', 'ingress-class.yml', 'signalbox.yml', 'whoami.yml', 'gateway.yml']) {
  for (const manifest of example(file)) await api.apply(manifest)
}
const [deployment] = example('signalbox.yml')
const available = async () => (await api.get(deployment)).status?.availableReplicas ?? 0
await Promise.race([until(available, (count) => count === deployment.spec.replicas, LIMIT_MS), kubelet.broken])
const pods = JSON.parse((await api.request('GET', '/api/v1/namespaces/signalbox/pods')).text).items
const answers = {}
for (const host of HOSTS) {
  for (const { status } of pods) {
    const answer = () => ask(status.podIP, host)
    const last = await until(answer, (text) => text.startsWith('200 whoami-'), LIMIT_MS).catch((error) => String(error))
    answers[host] = [...(answers[host] ?? []), last]
  }
}
console.log(JSON.stringify(answers))
// Everything else ends with the first process of the namespace.
process.exit(0)

function ask(address, host) {
  return new Promise((resolve) => {
    const request = http.get({ host: address, port: 8000, headers: { host }, agent: false }, async (response) => {
      const parts = await response.toArray()
      resolve(`${response.statusCode} ${parts.join('').trim()}`)
    })
    request.once('error', (error) => resolve(error.message))
  })
}

// What Traefik and Signalbox answer to requests for Ingresses with annotations of ingress-nginx, with a real API server and
// real servers. `--write` keeps Traefik's answers for test/servers/kubernetes-ingress-nginx.test.ts.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { differences } from './differential/compare.mjs'
import { RunningProxy } from './differential/proxies.mjs'
import { ApiServer } from './support/kubernetes.ts'
import { answerTo, echoServer } from './support/nginx-client.ts'
import { manifestsFor, requests } from './support/nginx-requests.ts'

const { values } = parseArgs({
  options: { reference: { type: 'string' }, write: { type: 'boolean', default: false } },
})
if (values.reference === undefined) {
  console.log('Example: node test/servers/nginx-answers.mjs --reference /path/to/traefik [--write]')
  process.exit(2)
}

const root = path.join(import.meta.dirname, '../..')
const FILE = path.join(root, 'test/facts/kubernetes-ingress-nginx/answers.json')
const OPTION = '--providers.kubernetesIngressNGINX'

const ports = {}
const servers = []
for (const name of ['main', 'canary', 'pages', 'auth']) {
  const server = echoServer(name)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  ports[name] = server.address().port
  servers.push(server)
}
const api = await ApiServer.create()
await api.start()
const manifests = manifestsFor(ports)
for (const manifest of manifests) await api.apply(manifest)

async function answersOf(command) {
  const port = await freePort()
  const proxy = new RunningProxy(
    command,
    [
      `--entryPoints.front.address=127.0.0.1:${port}`,
      ...api.flags('kubernetesIngressNGINX'),
      `${OPTION}.httpEntryPoint=front`,
      `${OPTION}.allowSnippetAnnotations=true`,
      `${OPTION}.globalAllowedResponseHeaders=X-One`,
    ],
    { KUBERNETES_SERVICE_HOST: '', KUBECONFIG: '' },
  )
  try {
    await proxy.start()
    await until(
      () => answerTo(port, { name: '', host: 'plain' }, ports),
      ({ status }) => status === 200,
      30_000,
    )
    const answers = {}
    for (const asked of requests) answers[asked.name] = await answerTo(port, asked, ports)
    return answers
  } finally {
    proxy.stop()
  }
}

try {
  const theirs = await answersOf([values.reference])
  if (values.write) writeFileSync(FILE, `${JSON.stringify(theirs, null, 2)}\n`)
  const ours = await answersOf([process.execPath, path.join(root, 'dist/cli.js')])
  let count = 0
  for (const { name, differs } of requests) {
    if (differs !== undefined) {
      console.log(`${name}: known: ${differs.why}`)
      continue
    }
    const found = differences(theirs[name], ours[name])
    if (found.length > 0) count++
    for (const { path: place, reference, ours: own } of found) {
      console.log(`${name}: ${place}\n  Traefik:   ${JSON.stringify(reference)}\n  Signalbox: ${JSON.stringify(own)}`)
    }
  }
  console.log(`${requests.length} requests, ${count} with differences`)
  process.exitCode = count === 0 ? 0 : 1
} finally {
  for (const server of servers) server.close()
  for (const server of servers) server.closeAllConnections()
  await api.stop()
}

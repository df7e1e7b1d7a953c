import { mkdtempSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { startServer } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { areNamespacesAllowed, runInside } from './kubelet/network.ts'
import { definitionsOfGateways } from './support/gateway-api.ts'
import { ApiServer, type Manifest, manifestsIn } from './support/kubernetes.ts'
import { untilServed } from './support/load.ts'

const example = (name: string): readonly Manifest[] =>
  manifestsIn(path.join(import.meta.dirname, '../../examples/kubernetes', name))

let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.create()
  await api.start()
  await api.install([...example('kubernetes-crd-definition-v1.yml'), ...definitionsOfGateways()])
}, 150_000)
afterAll(() => api.stop())

test('examples/kubernetes: its manifests are taken, its rights are enough, and its route is served', async () => {
  for (const file of ['rbac.yml', 'ingress-class.yml', 'signalbox.yml', 'whoami.yml']) {
    for (const manifest of example(file)) await api.apply(manifest)
  }
  const [web, management] = [await freePort(), await freePort()]
  const [gatewayClass, gateway, route] = example('gateway.yml')
  const { listeners, ...ofGateway } = gateway!.spec as { readonly listeners: readonly object[] }
  await api.apply(gatewayClass!)
  await api.apply({ ...gateway!, spec: { ...ofGateway, listeners: listeners.map((one) => ({ ...one, port: web })) } })
  // Gateways know no names outside of the cluster, and no address of this test.
  const ownService = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'nowhere' },
    spec: { ports: [{ port: 80 }] },
  }
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'nowhere', labels: { 'kubernetes.io/service-name': 'nowhere' } },
    addressType: 'IPv4',
    ports: [],
    endpoints: [],
  }
  const { rules, ...ofRoute } = route!.spec as { readonly rules: readonly object[] }
  expect(rules).toEqual([{ backendRefs: [{ name: 'whoami', port: 80 }] }])
  await api.apply(ownService)
  await api.apply(slice)
  await api.apply({ ...route!, spec: { ...ofRoute, rules: [{ backendRefs: [{ name: 'nowhere', port: 80 }] }] } })
  const whoami = await startServer((_, response) => void response.end('whoami\n'))
  // No machine runs the Deployment: its service is where the test is.
  const port = Number(new URL(whoami.url).port)
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'whoami' } }
  await api.delete(service)
  const spec = { type: 'ExternalName', externalName: 'localhost', ports: [{ name: 'web', port }] }
  await api.apply({ ...service, spec })

  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-example-'))
  writeFileSync(path.join(folder, 'token'), await api.tokenOf('signalbox', 'signalbox'))
  const kubeconfig = path.join(folder, 'config')
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'signalbox' } }],
    clusters: [{ name: 'test', cluster: { server: api.address, 'certificate-authority': api.certificateFile } }],
    users: [{ name: 'signalbox', user: { tokenFile: 'token' } }],
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  const [deployment] = example('signalbox.yml')
  const { args } = (deployment!.spec as Deployment).template.spec.containers[0]!
  const flags = args.map((flag) =>
    flag.replace(':8000', `127.0.0.1:${web}`).replace(':8080', `127.0.0.1:${management}`),
  )
  const proxy = startCommand(
    [
      ...flags.map((flag) => flag.replace(':8443', '127.0.0.1:0')),
      '--providers.kubernetesCRD.allowExternalNameServices=true',
      '--providers.kubernetesIngress.allowExternalNameServices=true',
      '--api.insecure=true',
    ],
    { env: { KUBECONFIG: kubeconfig } },
  )
  try {
    await untilServed(web, 'whoami.localhost')
    // It is taken, and there is no server for it.
    await until(
      () => statusOf(web, 'gateway.localhost'),
      (status) => status === 503,
    )
    type Accepted = {
      readonly status?: {
        readonly parents?: readonly { readonly conditions: readonly { readonly status: string }[] }[]
      }
    }
    await until(
      async () => ((await api.get(route!)) as unknown as Accepted).status?.parents?.[0]?.conditions[0]?.status,
      (status) => status === 'True',
    )
    const states = (await (await fetch(`http://127.0.0.1:${management}/api/provider-states`)).json()) as State[]
    const found = states.filter(({ name }) => name.startsWith('kubernetes'))
    expect(found).not.toHaveLength(0)
    expect(found.flatMap(({ problems }) => problems)).toEqual([])
    expect((await fetch(`http://127.0.0.1:${management}/ready`)).status).toBe(200)
  } finally {
    proxy.child.kill('SIGTERM')
    await proxy.ended
    await whoami.close()
  }
})

const statusOf = (port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.once('error', reject)
  })

test.skipIf(!areNamespacesAllowed())(
  'examples/kubernetes: its Deployments run, and each Pod of the proxy serves an IngressRoute, an Ingress and a Gateway',
  { timeout: 300_000 },
  async () => {
    const { code, output, errors } = await runInside(path.join(import.meta.dirname, 'kubelet/example.mjs'), [])
    expect(code, errors).toBe(0)
    const served = [expect.stringMatching(/^200 whoami-/), expect.stringMatching(/^200 whoami-/)]
    expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual({
      'whoami.localhost': served,
      'ingress.localhost': served,
      'gateway.localhost': served,
    })
  },
)

interface Deployment {
  readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } }
}

interface State {
  readonly name: string
  readonly problems: readonly unknown[]
}

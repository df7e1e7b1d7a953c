import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCommand } from '../support/command.ts'
import { freePort, startServer } from '../support/node-proxy.ts'
import { ApiServer, type Manifest, manifestsIn } from './support/kubernetes.ts'
import { untilServed } from './support/load.ts'

const example = (name: string): readonly Manifest[] =>
  manifestsIn(path.join(import.meta.dirname, '../../examples/kubernetes', name))

let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.create()
  await api.start()
  await api.install(example('kubernetes-crd-definition-v1.yml'))
}, 90_000)
afterAll(() => api.stop())

test('examples/kubernetes: its manifests are taken, its rights are enough, and its route is served', async () => {
  for (const file of ['rbac.yml', 'ingress-class.yml', 'signalbox.yml', 'whoami.yml']) {
    for (const manifest of example(file)) await api.apply(manifest)
  }
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
  const [web, management] = [await freePort(), await freePort()]
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

interface Deployment {
  readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } }
}

interface State {
  readonly name: string
  readonly problems: readonly unknown[]
}

// Records what Traefik makes of manifests that a real API server holds, for test/facts/<folder>: `cases.json` there says which
// manifests and options, `facts.json` is written. Traefik tells its configuration in its debug log.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { until } from '../support/until.ts'
import { RunningProxy } from './differential/proxies.mjs'
import { ApiServer, manifestsIn } from './support/kubernetes.ts'

const USAGE = `Example: node test/servers/record-facts.mjs --provider kubernetesIngressNGINX \\
    --folder test/facts/kubernetes-ingress-nginx --reference /path/to/traefik

  --provider NAME   as the install configuration names it
  --folder PATH     where cases.json is, and facts.json is written
  --reference FILE  the program of Traefik
  --definitions F   a file of definitions that are installed first`

const { values } = parseArgs({
  options: {
    provider: { type: 'string' },
    folder: { type: 'string' },
    reference: { type: 'string' },
    definitions: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const { provider, folder, reference, definitions } = values
if (values.help || provider === undefined || folder === undefined || reference === undefined) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

const cases = JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8'))
const installed = definitions === undefined ? [] : manifestsIn(definitions)

/** The oldest Ingress counts first; of one age the last by name. Facts have no ages, so both orders are made the same. */
const inOrder = (manifests) => {
  const nameOf = ({ metadata }) => `${metadata.namespace}/${metadata.name}`
  const ingresses = manifests.filter(({ kind }) => kind === 'Ingress')
  ingresses.sort((a, b) => (nameOf(a) > nameOf(b) ? -1 : 1))
  return [...manifests.filter(({ kind }) => kind !== 'Ingress'), ...ingresses]
}

const flagsOf = (options, prefix) =>
  Object.entries(options).flatMap(([name, value]) =>
    typeof value === 'object' && !Array.isArray(value)
      ? flagsOf(value, `${prefix}.${name}`)
      : [`--${prefix}.${name}=${Array.isArray(value) ? value.join(',') : value}`],
  )

/** The last configuration in the log; null: there is none yet. */
function lastConfiguration(log) {
  const lines = log.split('\n').filter((line) => line.includes('"Configuration received"'))
  const own = lines
    .map((line) => JSON.parse(line))
    .filter(({ providerName }) => providerName === provider.toLowerCase())
  return own.at(-1)?.config ?? null
}

/** Without what every element says alike, and in an order that does not come from a map of Go. */
function tidy(config) {
  const sections = Object.entries(config).map(([name, maps]) => [
    name,
    Object.fromEntries(Object.entries(maps ?? {}).filter(([, map]) => Object.keys(map ?? {}).length > 0)),
  ])
  const text = JSON.stringify(
    Object.fromEntries(sections.filter(([, maps]) => Object.keys(maps).length > 0)),
    (key, value) => {
      if (key === 'entryPoints') return value.toSorted()
      const isAlike =
        ['responseForwarding', 'ruleSyntax', 'cipherSuites', 'alpnProtocols'].includes(key) ||
        (key === 'passHostHeader' && value === true)
      return isAlike ? undefined : value
    },
  )
  return JSON.parse(text)
}

async function record({ name, manifests, options = {}, install = [] }) {
  const api = await ApiServer.create()
  await api.start()
  const proxy = new RunningProxy(
    [reference],
    [
      ...['--log.level=DEBUG', '--log.format=json', ...install],
      ...api.flags(provider),
      ...flagsOf(options, `providers.${provider}`),
    ],
    { KUBERNETES_SERVICE_HOST: '', KUBECONFIG: '' },
  )
  try {
    await api.install(installed)
    const all = inOrder(manifestsIn(path.join(folder, manifests)))
    for (const manifest of all) {
      await api.apply(manifest)
      if (manifest.status !== undefined) {
        const place = `${api.pathOf(manifest)}/status?fieldManager=test&force=true`
        await api.request('PATCH', place, JSON.stringify(manifest), 'application/apply-patch+yaml')
      }
    }
    await proxy.start()
    let before = ''
    const config = await until(
      async () => lastConfiguration(proxy.log()),
      (found) => {
        const now = JSON.stringify(found)
        const isSettled = found !== null && now === before
        before = now
        return isSettled
      },
      30_000,
    )
    const statuses = {}
    if (provider === 'knative' || Object.keys(options).some((option) => option.startsWith('publish'))) {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      for (const manifest of all) {
        if (manifest.kind !== 'Ingress') continue
        const { status = {} } = await api.get(manifest)
        const text = JSON.stringify(status, (key, value) => (key === 'lastTransitionTime' ? undefined : value))
        statuses[`${manifest.metadata.namespace}/${manifest.metadata.name}`] = JSON.parse(text)
      }
    }
    return {
      name,
      manifests,
      options,
      expect: tidy(config),
      ...(Object.keys(statuses).length === 0 ? {} : { statuses }),
    }
  } finally {
    proxy.stop()
    await api.stop()
  }
}

const facts = []
for (const one of cases) {
  facts.push(await record(one))
  console.log(one.name)
}
writeFileSync(path.join(folder, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`)

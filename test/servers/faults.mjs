// What becomes of each provider when its source, or the way to it, fails. The last line is `N providers, N faults failed`.
import { parseArgs } from 'node:util'
import { runFaults } from './faults/run.mjs'

const PROVIDERS = [
  ...['docker', 'swarm', 'etcd', 'redis', 'zooKeeper', 'consul', 'consulCatalog', 'nomad', 'ecs', 'http'],
  ...['kubernetesCRD', 'kubernetesIngress', 'kubernetesIngressNGINX', 'kubernetesGateway', 'knative'],
]

const { values } = parseArgs({
  options: {
    provider: { type: 'string', multiple: true, default: PROVIDERS },
    fault: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(
    `Example: node test/servers/faults.mjs --provider docker --provider etcd\n\nProviders: ${PROVIDERS.join(', ')}; by default all of them.\n--fault TEXT: only faults in whose name it stands`,
  )
  process.exit(0)
}
let failed = 0
for (const provider of values.provider) {
  const { createWorld } = await import(`./faults/worlds/${provider}.mjs`)
  failed += (await runFaults(await createWorld(), values.fault)).length
}
console.log(`${values.provider.length} providers, ${failed} faults failed`)
process.exit(failed === 0 ? 0 : 1)

import { Dockerd } from '../../support/dockerd.ts'
import { itemLabels } from '../labels.mjs'

/** What the labels of a service may say to the provider itself. */
const OWN = [
  'traefik.swarm.lbswarm',
  'traefik.docker.lbswarm',
  'traefik.swarm.network',
  'traefik.docker.network',
  'traefik.enable',
]

/** Services of a real swarm of one machine; both look at it every second. */
export async function createWorlds(random) {
  const engine = new Dockerd()
  await engine.start()
  await engine.prepare('172.31.247.0/24')
  await engine.makeSwarm()
  const used = new Set()
  const own = new Set()
  let turn = 0
  let marker = ''
  const create = (name, labels, ...more) => {
    const flags = Object.entries(labels).flatMap(([label, value]) => ['-l', `${label}=${value}`])
    return engine.docker(
      'service',
      'create',
      '--detach',
      '--no-resolve-image',
      '--name',
      name,
      '--network',
      'ov',
      ...flags,
      ...more,
      'demo:1',
    )
  }
  const remove = async () => {
    const services = (await engine.docker('service', 'ls', '-q')).split('\n').filter((id) => id !== '')
    if (services.length > 0) await engine.docker('service', 'rm', ...services)
  }
  return {
    provider: 'swarm',
    /** Worlds after which every label of the provider's own must have occurred. */
    enough: 60,
    env: {},
    // Traefik looks every second, and tasks come one after the other.
    settleRounds: 80,
    flags: () => [`--providers.swarm.endpoint=unix://${engine.socket}`, '--providers.swarm.refreshSeconds=1s'],
    isSeen: (elements) =>
      marker === '' || (elements[`http/services/${marker}`]?.loadBalancer?.servers?.length ?? 0) > 0,
    async make(at) {
      await remove()
      const services = Array.from({ length: 1 + random.below(2) }, () => {
        const labels = itemLabels(random, turn++, used)
        for (const label of random.some(OWN, 0.2)) {
          own.add(label)
          labels[label] = label.endsWith('network')
            ? random.pick(['ov', 'missing'])
            : random.pick(['true', 'false', 'TRUE'])
        }
        // With both Traefik says that it falls back to the tasks, and then has none of them.
        const isVirtual = OWN.some((label) => label.endsWith('lbswarm') && labels[label] !== 'false' && label in labels)
        const more = random.chance(0.2)
          ? ['--endpoint-mode', isVirtual ? 'vip' : 'dnsrr']
          : random.chance(0.2)
            ? ['--mode', 'global']
            : ['--replicas', String(1 + random.below(2))]
        return { name: `svc_${turn}`, labels, more }
      })
      for (const { name, labels, more } of services) await create(name, labels, ...more)
      marker = `marker${at}`
      await create(marker, { [`traefik.http.services.${marker}.loadbalancer.server.port`]: '80' })
      return services
    },
    missing: () => OWN.filter((label) => !own.has(label)),
    stop: async () => {
      await remove()
      await engine.stop()
    },
  }
}

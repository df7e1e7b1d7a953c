import { ConsulAgent } from '../../support/consul-agent.ts'
import { itemLabels, labelOptions } from '../labels.mjs'

/** Instances in a real Consul. */
export async function createWorlds(random) {
  const consul = await ConsulAgent.create()
  await consul.start()
  const used = new Set()
  let turn = 0
  let marker = ''
  let registered = []
  const register = async (registration) => {
    registered.push(registration.id)
    await consul.register(registration)
  }
  return {
    provider: 'consulcatalog',
    /** Worlds after which every option must have occurred. */
    enough: 200,
    env: {},
    flags: () => [
      `--providers.consulCatalog.endpoint.address=${consul.address}`,
      '--providers.consulCatalog.watch=true',
      '--providers.consulCatalog.constraints=!Tag(`hidden`)',
    ],
    isSeen: (elements) => marker === '' || elements[`http/routers/${marker}`] !== undefined,
    async make(at) {
      for (const id of registered) await consul.deregister(id)
      registered = []
      const said = new Map()
      const instances = Array.from({ length: 1 + random.below(4) }, (_, number) => {
        const name = random.pick(['web', 'my_app.1', 'Shop', 'c'])
        const labels = itemLabels(random, turn++, used)
        if (random.chance(0.1)) labels['traefik.consulcatalog.canary'] = 'true'
        // Consul gives the tags of a service in any order, and of two that disagree the last one counts for both proxies.
        const enable = said.get(name) ?? labels['traefik.enable']
        if (enable !== undefined) said.set(name, enable)
        if (labels['traefik.enable'] !== undefined) labels['traefik.enable'] = enable
        const tags = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
        if (random.chance(0.05)) tags.push('hidden')
        return {
          // Who comes back under its name keeps what it said last, should its tags break.
          id: `i${at}-${number}`,
          name,
          address: random.pick(['10.3.0.1', '10.3.0.2', 'fd00::1', '']),
          port: random.pick([80, 8080, 0]),
          tags,
          check: { TTL: '1h', Status: random.pick(['passing', 'passing', 'warning', 'critical']) },
        }
      })
      for (const instance of instances) await register(instance)
      marker = `marker${at}`
      await register({ id: marker, name: marker })
      return instances
    },
    missing: () => labelOptions.map(({ name }) => name).filter((name) => !used.has(name)),
    stop: () => consul.stop(),
  }
}

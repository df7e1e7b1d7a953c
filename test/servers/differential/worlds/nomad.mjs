import { ScriptedNomad } from '../../support/nomad.ts'
import { itemLabels, labelOptions } from '../labels.mjs'

/** Instances in a Nomad that is played. */
export async function createWorlds(random) {
  const nomad = new ScriptedNomad()
  await nomad.start()
  const used = new Set()
  let turn = 0
  let marker = ''
  return {
    provider: 'nomad',
    /** Worlds after which every option must have occurred. */
    enough: 200,
    env: {},
    flags: () => [`--providers.nomad.endpoint.address=${nomad.address}`, '--providers.nomad.refreshInterval=200ms'],
    isSeen: (elements) => marker === '' || elements[`http/routers/${marker}`] !== undefined,
    async make(at) {
      for (const id of [...nomad.services.keys()]) nomad.deregister(id)
      const instances = Array.from({ length: 1 + random.below(4) }, (_, number) => {
        const labels = itemLabels(random, turn++, used)
        if (random.chance(0.1)) labels['traefik.nomad.canary'] = random.pick(['true', 'TRUE', '1'])
        return {
          // Who comes back under its name keeps what it said last, should its tags break.
          ID: `i${at}-${number}`,
          ServiceName: random.pick(['web', 'my_app.1', 'Shop', 'c']),
          NodeID: random.pick(['n1', 'n2']),
          Address: random.pick(['10.3.0.1', '10.3.0.2', 'fd00::1', '']),
          Port: random.pick([80, 8080, 0]),
          Tags: Object.entries(labels).map(([name, value]) => `${name}${random.pick(['=', ' = '])}${value}`),
        }
      })
      for (const instance of instances) nomad.register(instance)
      marker = `marker${at}`
      nomad.register({ ID: marker, ServiceName: marker, NodeID: 'n1', Address: '10.3.0.9', Port: 80, Tags: [] })
      return instances
    },
    missing: () => labelOptions.map(({ name }) => name).filter((name) => !used.has(name)),
    stop: () => nomad.stop(),
  }
}

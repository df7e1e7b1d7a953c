import { Dockerd } from '../../support/dockerd.ts'
import { itemLabels, labelOptions } from '../labels.mjs'

/** Containers of a real engine; most are made and never started, which takes a tenth of the time. */
export async function createWorlds(random) {
  const engine = new Dockerd()
  await engine.start()
  await engine.prepare('172.31.243.0/24')
  const used = new Set()
  let turn = 0
  let marker = ''
  return {
    provider: 'docker',
    /** Worlds after which every option must have occurred. */
    enough: 300,
    env: {},
    flags: () => engine.flags,
    isSeen: (elements) => marker === '' || elements[`http/routers/${marker}`] !== undefined,
    async make(at) {
      await engine.clear()
      const containers = Array.from({ length: 1 + random.below(3) }, () => {
        const labels = itemLabels(random, turn++, used)
        const runs = random.chance(0.25)
        if (!runs) labels['traefik.docker.allownonrunning'] = 'true'
        if (random.chance(0.1)) labels['traefik.docker.network'] = random.pick(['web', 'missing', ''])
        return { name: random.pick(['web', 'my_app.1', 'Shop', 'c']) + turn, runs, labels }
      })
      for (const { name, runs, labels } of containers) {
        const flags = Object.entries(labels).flatMap(([label, value]) => ['-l', `${label}=${value}`])
        const network = ['--network', 'web']
        await engine.docker(...(runs ? ['run', '-d'] : ['create']), '--name', name, ...network, ...flags, 'demo:1')
      }
      // Traefik looks when something starts; and once this is seen, so is all the rest.
      marker = `marker${at}`
      await engine.runContainer(marker, {})
      return containers
    },
    missing: () => labelOptions.map(({ name }) => name).filter((name) => !used.has(name)),
    stop: async () => {
      await engine.clear()
      await engine.stop()
    },
  }
}

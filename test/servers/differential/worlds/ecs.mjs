import { Moto } from '../../support/moto.ts'
import { itemLabels, labelOptions } from '../labels.mjs'

/** Tasks on a machine of moto. */
export async function createWorlds(random) {
  const moto = await Moto.create()
  await moto.start()
  await moto.cluster('default')
  for (let more = 0; more < 5; more++) await moto.machine('default')
  const used = new Set()
  let turn = 0
  let marker = ''
  let running = []
  const run = async (family, labels) => {
    // Each has a machine of its own: moto does not take a machine twice in one question, and Traefik asks so.
    await moto.define(family, labels, 7000)
    running.push(await moto.run('default', family))
  }
  return {
    provider: 'ecs',
    /** Worlds after which every option must have occurred. */
    enough: 200,
    env: { AWS_ENDPOINT_URL: moto.url, AWS_EC2_METADATA_DISABLED: 'true' },
    flags: () =>
      ['region=eu-west-1', 'accessKeyID=key', 'secretAccessKey=secret', 'refreshSeconds=1'].map(
        (flag) => `--providers.ecs.${flag}`,
      ),
    isSeen: (elements) => marker === '' || elements[`http/routers/${marker}`] !== undefined,
    async make(at) {
      for (const task of running) await moto.stopTask('default', task)
      running = []
      const tasks = Array.from({ length: 1 + random.below(3) }, () => {
        const family = random.pick(['web', 'my_app', 'Shop', 'c'])
        return { family, labels: itemLabels(random, turn++, used) }
      })
      for (const { family, labels } of tasks) await run(family, labels)
      const name = `marker${at}`
      await run(name, { [`traefik.http.services.${name}.loadbalancer.server.port`]: '80' })
      marker = `family-${name}-web`
      return tasks
    },
    missing: () => labelOptions.map(({ name }) => name).filter((name) => !used.has(name)),
    stop: () => moto.stop(),
  }
}

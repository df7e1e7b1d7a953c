import { Dockerd } from '../../support/dockerd.ts'
import { hasRouter } from '../run.mjs'
import { withFlags } from './kv.mjs'

const PASSWORD = 'correct-horse-battery'

/** A swarm of one machine, reached through the relay by TCP. Its tasks run nothing: only their addresses are compared. */
export async function createWorld() {
  const engine = new Dockerd()
  const at = (where, ...more) => [
    `--providers.swarm.endpoint=${where}`,
    '--providers.swarm.refreshSeconds=1s',
    '--providers.swarm.username=somebody',
    `--providers.swarm.password=${PASSWORD}`,
    ...more,
  ]
  const put = (name) =>
    engine.docker(
      ...['service', 'create', '--detach', '--no-resolve-image', '--name', name, '--network', 'ov'],
      ...['-l', `traefik.http.routers.${name}.rule=Host(\`${name}.test\`)`],
      ...['-l', `traefik.http.services.${name}.loadbalancer.server.port=80`, 'demo:1'],
    )
  return {
    name: 'swarm',
    isHttp: true,
    target: { path: engine.socket },
    secrets: [PASSWORD],
    flags: (port) => at(`tcp://127.0.0.1:${port}`),
    async start() {
      await engine.start()
      await engine.prepare('172.31.243.0/24')
      await engine.makeSwarm()
    },
    put,
    remove: (name) => engine.docker('service', 'rm', name),
    stall: () => engine.stall(),
    goOn: () => engine.goOn(),
    stop: async () => {
      const services = (await engine.docker('service', 'ls', '-q')).split('\n').filter((id) => id !== '')
      if (services.length > 0) await engine.docker('service', 'rm', ...services)
      await engine.end()
    },
    special: ({ relay, withSource, recovers, nothingLost }) => [
      [
        // Its tasks end while it still answers, so that their routes go, as those of every task that ends.
        'the engine is started anew, and its tasks with it',
        () =>
          withSource(async (source) => {
            await engine.stop()
            await source.untilStatus('stale', 5_000)
            await engine.start()
            await recovers(source, 15)
            await source.until(hasRouter('kept'), 20_000)
          }),
      ],
      [
        'services change while the way is away',
        () =>
          withSource(async (source) => {
            await relay.set('refuse')
            await source.untilStatus('stale', 15_500)
            await put('meanwhile')
            await relay.set('pass')
            await source.until(hasRouter('meanwhile'), 10_000)
            await engine.docker('service', 'rm', 'meanwhile')
            await source.until((config) => !hasRouter('meanwhile')(config), 10_000)
            nothingLost(source)
          }),
      ],
      [
        'an engine that is in no swarm, under the same address',
        () =>
          withSource(async (source) => {
            const other = new Dockerd()
            await other.start()
            try {
              relay.lead({ path: other.socket })
              relay.cut()
              await source.untilStatus('stale', 15_500)
              nothingLost(source)
            } finally {
              relay.lead({ path: engine.socket })
              relay.cut()
              await recovers(source, 15)
              await other.stop()
            }
          }),
      ],
      [
        'an engine that is in no swarm from the start',
        async () => {
          const other = new Dockerd()
          await other.start()
          try {
            await withFlags(at(`unix://${other.socket}`), async (source) => {
              const { error } = await source.untilStatus('failed', 10_000)
              if (!error.includes('not a swarm manager')) throw new Error(`another reason: ${error}`)
            })
          } finally {
            await other.stop()
          }
        },
      ],
    ],
  }
}

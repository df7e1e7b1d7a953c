import { ScriptedNomad } from '../../support/nomad.ts'
import { hasRouter } from '../run.mjs'
import { isRefused, withFlags } from './kv.mjs'

const TOKEN = 'correct-horse-battery'

const service = (name) => ({
  ...{ ID: name, ServiceName: name, NodeID: 'n1', Address: '10.3.0.1', Port: 8080 },
  Tags: [`traefik.http.routers.${name}.rule=Host(\`${name}.test\`)`],
})

/** What Nomad answers, reached through the relay. */
export async function createWorld() {
  const nomad = new ScriptedNomad()
  await nomad.start()
  nomad.token = TOKEN
  const flags = (port, token = TOKEN) => [
    `--providers.nomad.endpoint.address=http://127.0.0.1:${port}`,
    `--providers.nomad.endpoint.token=${token}`,
    '--providers.nomad.watch=true',
  ]
  const { port } = new URL(nomad.address)
  return {
    name: 'nomad',
    isHttp: true,
    target: { host: '127.0.0.1', port: Number(port) },
    secrets: [TOKEN],
    flags,
    start: () => undefined,
    put: (name) => nomad.register(service(name)),
    remove: (name) => nomad.deregister(name),
    async restart() {
      await nomad.stop()
      await nomad.start()
    },
    stop: () => nomad.stop(),
    special: ({ relay, withSource, recovers, nothingLost, sleep }) => [
      [
        'a wrong token, until it is the right one',
        () =>
          withFlags(flags(relay.port, 'other-secret'), async (source) => {
            await isRefused(source, /403/, 'other-secret')
            nomad.token = 'other-secret'
            await source.until(hasRouter('kept'), 16_500)
            nomad.token = TOKEN
          }),
      ],
      [
        'the token is no longer taken, and then it is again',
        () =>
          withSource(async (source) => {
            nomad.token = 'other-secret'
            relay.cut()
            await source.untilStatus('stale', 15_500)
            await sleep(2_000)
            nothingLost(source)
            nomad.token = TOKEN
            await recovers(source, 15)
          }),
      ],
      [
        'streams end in good order',
        () =>
          withSource(async (source) => {
            for (let times = 0; times < 3; times++) {
              nomad.endStreams()
              await recovers(source, 4)
            }
            nothingLost(source)
          }),
      ],
      [
        'one service can’t be read while others change',
        () =>
          withSource(async (source) => {
            nomad.faults.set('/v1/service/kept', (response) => response.writeHead(500).end('rpc error'))
            nomad.register(service('kept'))
            nomad.register(service('beside'))
            await source.until(hasRouter('beside'), 5_000)
            nothingLost(source)
            nomad.faults.clear()
            nomad.deregister('beside')
            await source.until((config) => !hasRouter('beside')(config), 5_000)
          }),
      ],
      [
        'services change while the way is away',
        () =>
          withSource(async (source) => {
            await relay.set('refuse')
            await source.untilStatus('stale', 15_500)
            nomad.register(service('meanwhile'))
            await relay.set('pass')
            await source.until(hasRouter('meanwhile'), 6_000)
            nomad.deregister('meanwhile')
            await source.until((config) => !hasRouter('meanwhile')(config), 5_000)
            nothingLost(source)
          }),
      ],
    ],
  }
}

import { ConsulAgent } from '../../support/consul-agent.ts'
import { hasRouter } from '../run.mjs'
import { isRefused, withFlags } from './kv.mjs'

const ROOT = '11111111-2222-3333-4444-555555555555'
const OPTION = '--providers.consulCatalog'

const service = (name) => ({
  id: name,
  name,
  tags: ['traefik.enable=true', `traefik.http.routers.${name}.rule=Host(\`${name}.test\`)`],
})
const followed = (port) => [
  `${OPTION}.endpoint.address=127.0.0.1:${port}`,
  `${OPTION}.exposedByDefault=false`,
  `${OPTION}.watch=true`,
]
const polled = (port) => [...followed(port).slice(0, 2), `${OPTION}.refreshInterval=500ms`]

/** An agent of Consul, reached through the relay; it forgets its services when it ends. */
export async function createWorld() {
  const agent = await ConsulAgent.create()
  const [, port] = agent.address.split(':')
  return {
    name: 'consulCatalog',
    isHttp: true,
    target: { host: '127.0.0.1', port: Number(port) },
    flags: polled,
    start: () => agent.start(),
    put: (name) => agent.register(service(name)),
    remove: (name) => agent.deregister(name),
    stall: () => agent.stall(),
    goOn: () => agent.goOn(),
    stop: () => agent.stop(),
    special: (tools) => [
      ['followed: away and back', () => spoiled(tools, agent, 'refuse', 3)],
      ['followed: stalled', () => spoiled(tools, agent, 'stall', 3)],
      ['followed: status 500', () => spoiled(tools, agent, { status: 500, body: 'No cluster leader' }, 3)],
      ['followed: HTML with 200', () => spoiled(tools, agent, { status: 200, body: '<html>' }, 15)],
      [
        'followed: another, empty agent under the same address',
        () =>
          withFlags(followed(tools.relay.port), async (source) => {
            await source.until(hasRouter('kept'), 10_000)
            const other = await ConsulAgent.create()
            await other.start()
            try {
              tools.relay.lead({ host: '127.0.0.1', port: Number(other.address.split(':')[1]) })
              tools.relay.cut()
              await source.until((config) => !hasRouter('kept')(config), 10_000)
            } finally {
              tools.relay.lead({ host: '127.0.0.1', port: Number(port) })
              tools.relay.cut()
              await source.until(hasRouter('kept'), 8_000)
              await other.stop()
            }
          }),
      ],
      [
        'the agent is killed, and comes back without services',
        () =>
          tools.withSource(async (source) => {
            await agent.stop('SIGKILL')
            await source.untilStatus('stale', 15_500)
            tools.nothingLost(source)
            await agent.start()
            await source.until((config) => !hasRouter('kept')(config), 15_000)
            await agent.register(service('kept'))
            await source.until(hasRouter('kept'), 5_000)
          }),
      ],
      ['a token that is unknown, until it is there; then it loses its rights, and has them again', token],
    ],
  }
}

async function spoiled({ relay, recovers, nothingLost }, agent, mode, backS) {
  await withFlags(followed(relay.port), async (source) => {
    await agent.register(service('kept'))
    try {
      await source.until(hasRouter('kept'), 10_000)
      await relay.set(mode)
      if (mode !== 'stall') relay.cut()
      await source.untilStatus('stale', 15_500)
      nothingLost(source)
      await relay.set('pass')
      relay.cut()
      await recovers(source, backS)
    } finally {
      await relay.set('pass')
    }
  })
}

async function token() {
  const agent = await ConsulAgent.create(ROOT)
  await agent.start()
  const secret = '21111111-2222-3333-4444-555555555555'
  try {
    await agent.register(service('kept'))
    const Rules = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }'
    await agent.call('PUT', '/v1/acl/policy', { Name: 'all', Rules })
    await agent.call('PUT', '/v1/acl/policy', { Name: 'none', Rules: 'key "x" { policy = "read" }' })
    const [, port] = agent.address.split(':')
    await withFlags([...polled(port), `${OPTION}.endpoint.token=${secret}`], async (source) => {
      await isRefused(source, /403|401/, secret)
      const rights = (policy) => ({ SecretID: secret, Policies: [{ Name: policy }] })
      const { AccessorID } = await agent.call('PUT', '/v1/acl/token', rights('all'))
      await source.until(hasRouter('kept'), 16_500)
      await agent.call('PUT', `/v1/acl/token/${AccessorID}`, { AccessorID, ...rights('none') })
      await source.untilStatus('stale', 15_500)
      if (!source.messages.every(hasRouter('kept'))) throw new Error('routes were taken away')
      await agent.call('PUT', `/v1/acl/token/${AccessorID}`, { AccessorID, ...rights('all') })
      await source.untilStatus('live', 16_500)
    })
  } finally {
    await agent.stop()
  }
}

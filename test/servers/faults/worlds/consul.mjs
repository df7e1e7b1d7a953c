import { ConsulServer } from '../../support/consul.ts'
import { router } from '../../support/routers.ts'
import { hasRouter } from '../run.mjs'
import { isRefused, kvFaults, kvWorld, withFlags } from './kv.mjs'

const ROOT = '11111111-2222-3333-4444-555555555555'

/** A server of Consul, reached through the relay. */
export async function createWorld() {
  const server = await ConsulServer.create()
  const world = kvWorld('consul', server)
  return {
    ...world,
    isHttp: true,
    special: (tools) => [
      ...kvFaults(server, () => ConsulServer.create(), world.flags, tools),
      ['a token that is unknown, until it is there', unknownToken],
      ['a token is deleted while it is used', deletedToken],
    ],
  }
}

async function unknownToken() {
  await guarded(async (server, giveToken) => {
    const secret = '21111111-2222-3333-4444-555555555555'
    await withFlags([...server.flags, `--providers.consul.token=${secret}`], async (source) => {
      await isRefused(source, /403/, secret)
      await giveToken(secret)
      await source.until(hasRouter('kept'), 16_500)
    })
  })
}

async function deletedToken() {
  await guarded(async (server, giveToken) => {
    const secret = '31111111-2222-3333-4444-555555555555'
    const accessor = await giveToken(secret)
    await withFlags([...server.flags, `--providers.consul.token=${secret}`], async (source) => {
      await source.until(hasRouter('kept'), 5_000)
      await server.must('DELETE', `acl/token/${accessor}`)
      await server.put(router('later'))
      // A query that waits goes on with the rights that it began with.
      await source.untilStatus('stale', 40_000)
      if (!source.messages.every(hasRouter('kept'))) throw new Error('routes were taken away')
      await giveToken(secret)
      await source.untilStatus('live', 16_500)
      await source.until(hasRouter('later'), 5_000)
      if (JSON.stringify([source.logged, source.report]).includes(secret)) throw new Error('a secret is told')
    })
  })
}

/** A server that asks for tokens. */
async function guarded(run) {
  const acl = { enabled: true, default_policy: 'deny', tokens: { initial_management: ROOT, agent: ROOT } }
  const server = await ConsulServer.create({ config: { acl }, token: ROOT })
  await server.start()
  try {
    await server.put(router('kept'))
    const Rules = 'key_prefix "traefik/" { policy = "read" }'
    await server.must('PUT', 'acl/policy', JSON.stringify({ Name: 'reader', Rules }))
    await run(server, async (secret) => {
      const token = { SecretID: secret, Policies: [{ Name: 'reader' }] }
      return (await server.must('PUT', 'acl/token', JSON.stringify(token))).AccessorID
    })
  } finally {
    await server.stop()
  }
}

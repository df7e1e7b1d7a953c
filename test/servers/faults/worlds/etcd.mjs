import { EtcdServer } from '../../support/etcd.ts'
import { router } from '../../support/routers.ts'
import { hasRouter } from '../run.mjs'
import { isRefused, kvFaults, kvWorld, SECRET, withFlags } from './kv.mjs'

/** A member of etcd, reached through the relay. */
export async function createWorld() {
  const server = await EtcdServer.create()
  const world = kvWorld('etcd', server)
  return {
    ...world,
    special: (tools) => [
      ...kvFaults(server, () => EtcdServer.create(), world.flags, tools),
      [
        'compacted while the way is away',
        () =>
          tools.withSource(async (source) => {
            await tools.relay.set('refuse')
            await source.untilStatus('stale', 15_500)
            for (let times = 0; times < 5; times++) await server.put({ 'traefik/x': `${times}` })
            await server.remove(['traefik/x'])
            await server.compact()
            await tools.relay.set('pass')
            await tools.recovers(source, 4)
            tools.nothingLost(source)
          }),
      ],
      ['a wrong password, until it is the right one', () => guarded(wrongPassword)],
      ['rights are taken away, and given again', () => guarded(rights)],
      ['the password is changed, and nobody may go on', () => guarded(changedPassword)],
    ],
  }

  async function wrongPassword(member, flags) {
    await withFlags(flags('other-secret'), async (source) => {
      await isRefused(source, /authentication failed/, 'other-secret')
      await member.ask('auth/user/changepw', { name: 'reader', password: 'other-secret' })
      await source.until(hasRouter('kept'), 16_000)
    })
  }

  async function rights(member, flags) {
    await withFlags(flags(SECRET), async (source) => {
      await source.until(hasRouter('kept'), 5_000)
      const { permType, ...range } = PERMISSION
      await member.ask('auth/role/revoke', { role: 'reader', ...range })
      await member.put(router('later'))
      await source.untilStatus('stale', 15_500)
      if (!source.messages.every(hasRouter('kept'))) throw new Error('routes were taken away')
      await member.ask('auth/role/grant', { name: 'reader', perm: PERMISSION })
      await source.until(hasRouter('later'), 16_500)
    })
  }

  async function changedPassword(member, flags) {
    await withFlags(flags(SECRET), async (source) => {
      await source.until(hasRouter('kept'), 5_000)
      await member.ask('auth/user/changepw', { name: 'reader', password: 'other-secret' })
      await member.put(router('later'))
      await source.untilStatus('stale', 15_500)
      if (!source.messages.every(hasRouter('kept'))) throw new Error('routes were taken away')
      await member.ask('auth/user/changepw', { name: 'reader', password: SECRET })
      await source.until(hasRouter('later'), 16_500)
    })
  }
}

const PERMISSION = { permType: 'READ', key: btoa('traefik'), range_end: btoa('traefik0') }

/** A server that asks for a password, with the user `reader`. */
async function guarded(run) {
  const member = await EtcdServer.create()
  await member.start()
  try {
    await member.put(router('kept'))
    await member.ask('auth/user/add', { name: 'root', password: ROOT })
    await member.ask('auth/user/grant', { user: 'root', role: 'root' })
    await member.ask('auth/user/add', { name: 'reader', password: SECRET })
    await member.ask('auth/role/add', { name: 'reader' })
    await member.ask('auth/role/grant', { name: 'reader', perm: PERMISSION })
    await member.ask('auth/user/grant', { user: 'reader', role: 'reader' })
    await member.ask('auth/enable', {})
    // What changes rights or passwords takes tokens away, ours too.
    const ask = member.ask.bind(member)
    member.ask = async (path, message) => {
      member.token = ''
      member.token = (await ask('auth/authenticate', { name: 'root', password: ROOT })).token
      return ask(path, message)
    }
    await run(member, (password) => [
      ...member.flags,
      '--providers.etcd.username=reader',
      `--providers.etcd.password=${password}`,
    ])
  } finally {
    await member.stop()
  }
}

const ROOT = 'password-of-root'

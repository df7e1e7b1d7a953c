import { router } from '../../support/routers.ts'
import { startSource } from '../../support/source.ts'

export const SECRET = 'correct-horse-battery'

/** What all worlds of key-value stores share. @param server that keeps its keys when it is started anew */
export const kvWorld = (name, server) => ({
  name,
  target: { host: '127.0.0.1', port: server.port },
  secrets: [SECRET],
  flags: (port) => [`--providers.${name}.endpoints=127.0.0.1:${port}`],
  start: () => server.start(),
  put: (router_) => server.put(router(router_)),
  remove: (router_) => server.remove(Object.keys(router(router_))),
  stall: () => server.stall(),
  goOn: () => server.goOn(),
  async restart() {
    await server.stop()
    await server.start()
  },
  stop: () => server.stop(),
})

/** Faults that every store can have. @param createOther another, empty server, not started */
export const kvFaults = (server, createOther, flags, { relay, withSource, recovers, nothingLost, hasRouter }) => [
  [
    'the server is killed',
    () =>
      withSource(async (source) => {
        await server.stop('SIGKILL')
        await source.untilStatus('stale', 15_500)
        await server.start()
        await recovers(source, 4)
        nothingLost(source)
      }),
  ],
  [
    'another, empty server under the same address, and the first one again',
    () =>
      withSource(async (source) => {
        const other = await createOther()
        await other.start()
        try {
          relay.lead({ host: '127.0.0.1', port: other.port })
          relay.cut()
          await source.until((config) => !hasRouter('kept')(config), 8_000)
          await other.put(router('other'))
          await source.until(hasRouter('other'), 5_000)
        } finally {
          relay.lead({ host: '127.0.0.1', port: server.port })
          relay.cut()
          await source.until(hasRouter('kept'), 8_000)
          await other.stop()
        }
      }),
  ],
  [
    '50 routers are written while it connects',
    async () => {
      const names = Array.from({ length: 50 }, (_, at) => `many${at}`)
      await relay.set('slow')
      const source = await startSource(flags(relay.port))
      try {
        for (const name of names) await server.put(router(name))
        await source.until((config) => names.every((name) => hasRouter(name)(config)), 15_000)
      } finally {
        await relay.set('pass')
        await source.stop()
        for (const name of names) await server.remove(Object.keys(router(name)))
      }
    },
  ],
  [
    'keys change while the way is away',
    () =>
      withSource(async (source) => {
        await relay.set('refuse')
        await source.untilStatus('stale', 15_500)
        await server.put(router('meanwhile'))
        await relay.set('pass')
        await source.until(hasRouter('meanwhile'), 6_000)
        await relay.set('refuse')
        await server.remove(Object.keys(router('meanwhile')))
        await source.untilStatus('stale', 15_500)
        await relay.set('pass')
        await source.until((config) => !hasRouter('meanwhile')(config), 6_000)
        nothingLost(source)
      }),
  ],
]

/** Runs a source for one fault. */
export async function withFlags(flags, run) {
  const source = await startSource(flags)
  try {
    await run(source)
  } finally {
    await source.stop()
  }
}

/** It is refused, and says why without the password. */
export async function isRefused(source, reason, secret) {
  const { error } = await source.untilStatus('failed', 5_000)
  if (!reason.test(error)) throw new Error(`another reason: ${error}`)
  if (JSON.stringify([source.logged, source.report]).includes(secret)) throw new Error('a secret is told')
}

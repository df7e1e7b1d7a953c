import { Moto } from '../../support/moto.ts'
import { hasRouter } from '../run.mjs'
import { withFlags } from './kv.mjs'

const SECRET = 'correct-horse-battery'

/** The APIs of Amazon as moto plays them, reached through the relay; it forgets everything when it ends. */
export async function createWorld() {
  const moto = await Moto.create()
  const { port } = new URL(moto.url)
  const tasks = new Map()
  const flags = (at, ...more) => {
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${at}`
    return [...['region=eu-west-1', 'accessKeyID=key', `secretAccessKey=${SECRET}`, 'refreshSeconds=1', ...more]].map(
      (flag) => `--providers.ecs.${flag}`,
    )
  }
  const put = async (name) => {
    await moto.define(name, {
      [`traefik.http.routers.${name}.rule`]: `Host(\`${name}.test\`)`,
      [`traefik.http.services.${name}.loadbalancer.server.port`]: '8080',
    })
    tasks.set(name, await moto.run('default', name))
  }
  return {
    name: 'ecs',
    isHttp: true,
    target: { host: '127.0.0.1', port: Number(port) },
    secrets: [SECRET],
    flags,
    async start() {
      await moto.start()
      await moto.cluster('default')
    },
    put,
    remove: (name) => moto.stopTask('default', tasks.get(name)),
    stall: () => moto.stall(),
    goOn: () => moto.goOn(),
    stop: () => moto.stop(),
    special: ({ relay, withSource, recovers, nothingLost }) => [
      ...[
        ['ThrottlingException', 5],
        ['AccessDeniedException', 15],
        ['UnrecognizedClientException', 15],
      ].map(([code, backS]) => [
        code,
        () =>
          withSource(async (source) => {
            await relay.set(answer(code))
            relay.cut()
            await source.untilStatus('stale', 20_000)
            if (!source.report.error.includes(code)) throw new Error(`another reason: ${source.report.error}`)
            nothingLost(source)
            await relay.set('pass')
            relay.cut()
            await recovers(source, backS)
          }),
      ]),
      [
        'keys that are wrong from the start',
        async () => {
          await relay.set(answer('UnrecognizedClientException'))
          await withFlags(flags(relay.port), async (source) => {
            const { error } = await source.untilStatus('failed', 15_500)
            if (!error.includes('UnrecognizedClientException')) throw new Error(`another reason: ${error}`)
            await relay.set('pass')
            relay.cut()
            await source.until(hasRouter('kept'), 16_500)
          })
        },
      ],
      [
        'its cluster is gone, and there again',
        () =>
          withSource(async (source) => {
            await moto.stop('SIGKILL')
            await source.untilStatus('stale', 15_500)
            await moto.start()
            await source.until(() => source.report.error?.includes('ClusterNotFoundException') === true, 15_000)
            nothingLost(source)
            await moto.cluster('default')
            await put('kept')
            await recovers(source, 15)
          }),
      ],
    ],
  }
}

const answer = (code) => ({
  status: 400,
  body: JSON.stringify({ __type: code, message: 'no' }),
  headers: { 'Content-Type': 'application/x-amz-json-1.1' },
})

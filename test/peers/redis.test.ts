import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { Authority } from './certificates.ts'
import { PeerRig } from './rig.ts'

const rig = new PeerRig()
afterAll(() => rig.close())

const ports = { server: 0, plain: 0, tls: 0, brief: 0 }
let trusted: string
const cli = (port: number, args: readonly string[], input?: string | Buffer) =>
  rig.run('redis-cli', ['-p', `${port}`, ...args], input === undefined ? {} : { input })

beforeAll(async () => {
  const authority = await Authority.make(rig)
  trusted = authority.certFile
  for (const name of ['server', 'plain', 'tls', 'brief'] as const) ports[name] = await freePort()
  const files = ['--dir', rig.dir, '--save', '', '--appendonly', 'no']
  rig.start('redis-server', ['--bind', '127.0.0.1', '--port', `${ports.server}`, ...files])
  await until(
    () => cli(ports.server, ['PING']),
    ({ text }) => text === 'PONG\n',
    30_000,
  )
  await rig.proxy(
    {
      tcp: {
        routers: {
          plain: { entryPoints: ['plain'], rule: 'HostSNI(`*`)', service: 'redis' },
          tls: { entryPoints: ['tls', 'brief'], rule: 'HostSNI(`cache.test`)', service: 'redis', tls: {} },
        },
        services: { redis: { loadBalancer: { servers: [{ address: `127.0.0.1:${ports.server}` }] } } },
      },
      tls: { certificates: [await authority.issue('cache.test')] },
    },
    [
      ...(['plain', 'tls', 'brief'] as const).map((name) => `--entryPoints.${name}.address=127.0.0.1:${ports[name]}`),
      '--entryPoints.brief.transport.respondingTimeouts.readTimeout=1s',
    ],
  )
}, 60_000)

const ways: readonly [string, 'plain' | 'tls', () => string[]][] = [
  ['without TLS', 'plain', () => []],
  ['TLS ended by the proxy', 'tls', () => ['--tls', '--sni', 'cache.test', '--insecure']],
  ['TLS with a check of the certificate', 'tls', () => ['--tls', '--sni', 'cache.test', '--cacert', trusted]],
]

describe.each(ways)('redis-cli and redis-server, %s', (_, name, flags) => {
  test('a value of a megabyte comes back', async () => {
    const value = Buffer.alloc(1_048_576, '0123456789abcdef')
    expect(await cli(ports[name], [...flags(), '-x', 'SET', 'big'], value)).toMatchObject({ status: 0, text: 'OK\n' })
    const { out } = await cli(ports[name], [...flags(), 'GET', 'big'])
    expect(out.subarray(0, -1).equals(value)).toBe(true)
  })

  test('ten thousand commands in one go', async () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => `SET k${at} ${at}\r\n`).join('')
    const { text } = await cli(ports[name], [...flags(), '--pipe'], lines)
    expect(text).toContain('errors: 0, replies: 10000')
  })
})

test('redis-cli with a name that no router has', async () => {
  const { status, text } = await cli(ports.brief, ['--tls', '--sni', 'other.test', '--insecure', 'PING'])
  expect({ status, text }).toEqual({ status: 1, text: '' })
})

test('redis-benchmark: twenty connections at once', async () => {
  const load = ['-n', '2000', '-c', '20', '-t', 'set,get', '--csv']
  const printed = await rig.output('redis-benchmark', ['-p', `${ports.plain}`, ...load])
  expect(printed.split('\n').filter((line) => /^"(SET|GET)",/.test(line))).toHaveLength(2)
  expect(await rig.output('redis-cli', ['-p', `${ports.server}`, 'INFO', 'stats'])).toContain('rejected_connections:0')
})

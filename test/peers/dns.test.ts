import os from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { PeerRig } from './rig.ts'

const rig = new PeerRig()
afterAll(() => rig.close())

const strings = Array.from({ length: 5 }, (_, at) => `${at}`.repeat(200))
const large = strings.map((text) => `"${text}"`).join(' ')
let serverPort: number
let port: number

const dig = (at: number, args: readonly string[]) =>
  rig.run('dig', ['@127.0.0.1', '-p', `${at}`, '+tries=1', '+time=10', ...args])
const answer = async (args: readonly string[]) => (await dig(port, ['+short', ...args])).text.trimEnd()

beforeAll(async () => {
  serverPort = await freePort()
  const hosts = Array.from({ length: 50 }, (_, at) => `--address=/h${at}.test/192.0.2.${at}`)
  rig.start('dnsmasq', [
    ...['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--no-resolv', '--no-hosts'],
    ...[`--port=${serverPort}`, '--listen-address=127.0.0.1', '--bind-interfaces', `--user=${os.userInfo().username}`],
    ...hosts,
    `--txt-record=large.test,${strings.join(',')}`,
  ])
  await until(
    () => dig(serverPort, ['+short', '+time=1', 'h1.test']),
    ({ text }) => text === '192.0.2.1\n',
    30_000,
  )
  port = await freePort()
  const servers = [{ address: `127.0.0.1:${serverPort}` }]
  await rig.proxy(
    {
      udp: {
        routers: { dns: { entryPoints: ['datagrams'], service: 'dns' } },
        services: { dns: { loadBalancer: { servers } } },
      },
      tcp: {
        routers: { dns: { entryPoints: ['connections'], rule: 'HostSNI(`*`)', service: 'dns' } },
        services: { dns: { loadBalancer: { servers } } },
      },
    },
    [
      `--entryPoints.datagrams.address=127.0.0.1:${port}/udp`,
      `--entryPoints.connections.address=127.0.0.1:${port}/tcp`,
    ],
  )
}, 60_000)

describe('dig and dnsmasq, UDP and TCP on one port', () => {
  test.each(['+notcp', '+tcp'])('%s', async (way) => {
    expect(await answer([way, 'h7.test'])).toBe('192.0.2.7')
  })

  test('a large datagram', async () => {
    const { text } = await dig(port, ['+notcp', '+ignore', '+bufsize=1232', 'large.test', 'TXT'])
    expect(text).toContain(large)
    expect(text).toContain('(UDP)')
  })

  test('a cut answer: dig asks again over TCP', async () => {
    const cut = await dig(port, ['+notcp', '+ignore', '+noedns', 'large.test', 'TXT'])
    expect(cut.text).toMatch(/flags:[^;]* tc[ ;]/)
    const { text } = await dig(port, ['+noedns', 'large.test', 'TXT'])
    expect(text).toContain('Truncated, retrying in TCP mode')
    expect(text).toContain(large)
    expect(text).toContain('(TCP)')
  })

  test.each(['+notcp', '+tcp'])('fifty questions in a row, %s', async (way) => {
    const questions = Array.from({ length: 50 }, (_, at) => `h${at}.test A`)
    const file = rig.file('questions', `${questions.join('\n')}\n`)
    expect((await answer([way, '-f', file])).split('\n')).toEqual(questions.map((_, at) => `192.0.2.${at}`))
  })

  test.each(['+notcp', '+tcp'])('twenty clients at once, %s', async (way) => {
    const all = Array.from({ length: 20 }, (_, at) => answer([way, `h${at}.test`]))
    expect(await Promise.all(all)).toEqual(all.map((_, at) => `192.0.2.${at}`))
  })
})

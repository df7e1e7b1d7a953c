import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { Authority } from './certificates.ts'
import { type Ended, PeerRig, plainAccount } from './rig.ts'

const rig = new PeerRig()
afterAll(() => rig.close())

const account = plainAccount()
const ports = { one: 0, two: 0, plain: 0, tls: 0, brief: 0 }
let trusted: string

/** Starts a server with a fresh database; it speaks TLS itself where it gets a certificate. */
async function startServer(name: string, flags: readonly string[]): Promise<number> {
  const data = path.join(rig.folder(name, account), 'data')
  await rig.output('initdb', ['--no-sync', '-A', 'trust', '-U', 'tester', '-E', 'UTF8', '-D', data], { as: account })
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', ...flags]
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])]
  rig.start('postgres', args, { as: account }, 'SIGINT')
  await until(
    () => psql(port, 'sslmode=disable', 'select 1'),
    ({ status }) => status === 0,
    30_000,
  )
  return port
}

const target = (port: number, connection: string) =>
  `hostaddr=127.0.0.1 port=${port} user=tester dbname=postgres connect_timeout=20 ${connection}`

function psql(port: number, connection: string, query: string, more: readonly string[] = []): Promise<Ended> {
  const args = ['-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', query, ...more]
  return rig.run('psql', [...args, target(port, connection)], {
    env: { PGSSLROOTCERT: trusted ?? '' },
  })
}

async function ask(port: number, connection: string, query: string): Promise<string> {
  const { status, text, errors } = await psql(port, connection, query)
  if (status !== 0) throw new Error(errors)
  return text.trimEnd()
}

const whoAmI = 'select inet_server_port(), ssl from pg_stat_ssl where pid = pg_backend_pid()'

beforeAll(async () => {
  const authority = await Authority.make(rig)
  trusted = authority.certFile
  const own = await authority.issue('own.test')
  const [cert, key] = [own.certFile, own.keyFile].map((file) =>
    rig.file(`server-${path.basename(file)}`, readFileSync(file), account),
  )
  ports.one = await startServer('one', ['ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`])
  ports.two = await startServer('two', [])
  for (const name of ['plain', 'tls', 'brief'] as const) ports[name] = await freePort()
  const service = (port: number) => ({ loadBalancer: { servers: [{ address: `127.0.0.1:${port}` }] } })
  await rig.proxy(
    {
      tcp: {
        routers: {
          plain: { entryPoints: ['plain'], rule: 'HostSNI(`*`)', service: 'one' },
          one: { entryPoints: ['tls', 'brief'], rule: 'HostSNI(`one.test`)', service: 'one', tls: {} },
          two: { entryPoints: ['tls'], rule: 'HostSNI(`two.test`)', service: 'two', tls: {} },
          own: { entryPoints: ['tls'], rule: 'HostSNI(`own.test`)', service: 'one', tls: { passthrough: true } },
          notls: { entryPoints: ['tls'], rule: 'HostSNI(`notls.test`)', service: 'two', tls: { passthrough: true } },
        },
        services: { one: service(ports.one), two: service(ports.two) },
      },
      tls: { certificates: [await authority.issue('one.test'), await authority.issue('two.test')] },
    },
    [
      ...(['plain', 'tls', 'brief'] as const).map((name) => `--entryPoints.${name}.address=127.0.0.1:${ports[name]}`),
      '--entryPoints.brief.transport.respondingTimeouts.readTimeout=1s',
    ],
  )
}, 120_000)

describe('psql and PostgreSQL', () => {
  test('without TLS', async () => {
    expect(await ask(ports.plain, 'sslmode=disable', whoAmI)).toBe(`${ports.one}|f`)
  })

  test('TLS of the server itself, where nothing is read by the proxy', async () => {
    expect(await ask(ports.plain, 'sslmode=verify-full host=own.test', whoAmI)).toBe(`${ports.one}|t`)
  })

  test.each([
    ['one.test', () => `${ports.one}|f`],
    ['two.test', () => `${ports.two}|f`],
    ['own.test', () => `${ports.one}|t`],
  ])('STARTTLS to %s, with its certificate', async (host, expected) => {
    expect(await ask(ports.tls, `sslmode=require host=${host}`, whoAmI)).toBe(expected())
    expect(await ask(ports.tls, `sslmode=verify-full host=${host}`, whoAmI)).toBe(expected())
  })

  test.each([
    ['no router has the name', 'tls', 'sslmode=require host=other.test'],
    ['a client without TLS', 'brief', 'sslmode=disable host=one.test'],
    ['passed through to a server without TLS', 'tls', 'sslmode=require host=notls.test'],
  ] as const)('refused: %s', async (_, name, connection) => {
    const { status, errors } = await psql(ports[name], connection, 'select 1')
    expect(status).toBe(2)
    expect(errors).toMatch(/closed the connection unexpectedly|Connection reset|SSL SYSCALL error: EOF/)
  })

  test.each([
    ['without TLS', () => ports.plain, 'sslmode=disable'],
    ['TLS ended by the proxy', () => ports.tls, 'sslmode=require host=one.test'],
    ['TLS passed through', () => ports.tls, 'sslmode=require host=own.test'],
  ])('a megabyte each way, %s', async (_, port, connection) => {
    const query = "select string_agg(md5(i::text), '' order by i) from generate_series(1, 32768) i"
    const text = await ask(port(), connection, query)
    expect(text).toHaveLength(1_048_576)
    const copy = 'create temp table t (line text)'
    const file = rig.file('lines', `${text}\n`)
    const { text: sum, errors } = await psql(port(), connection, copy, [
      ...['-q', '-c', `\\copy t from '${file}'`, '-c', 'select md5(line) from t'],
    ])
    expect(errors).toBe('')
    expect(sum.trimEnd()).toBe(createHash('md5').update(text).digest('hex'))
  })

  test('Ctrl-C cancels a query, over a connection of its own', async () => {
    const client = rig.start('psql', ['-X', '-c', 'select pg_sleep(600)', target(ports.plain, 'sslmode=disable')])
    const asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
    await until(
      () => ask(ports.one, 'sslmode=disable', asleep),
      (count) => count === '1',
    )
    client.child.kill('SIGINT')
    expect(await client.ended).toBe(1)
    expect(client.errors().toString()).toContain('canceling statement due to user request')
  })

  test('pgbench: four clients at once, a connection per transaction', async () => {
    const args = ['-n', '-C', '-c', '4', '-t', '10', '-f', rig.file('bench.sql', 'select 1;\n')]
    const printed = await rig.output('pgbench', [...args, target(ports.plain, 'sslmode=disable')])
    expect(printed).toContain('transactions actually processed: 40/40')
  })
})

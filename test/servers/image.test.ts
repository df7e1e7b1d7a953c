import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { VERSION } from '../../src/version.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { Dockerd } from './support/dockerd.ts'
import { untilServed } from './support/load.ts'

const root = path.join(import.meta.dirname, '../..')
const engine = new Dockerd()
const run = promisify(execFile)

beforeAll(async () => {
  await engine.start()
  await engine.prepare('172.31.246.0/24')
  await run(process.execPath, ['scripts/image.mjs', '--import', 'signalbox'], { cwd: root, env: engine.environment })
}, 120_000)
afterAll(() => engine.end(), 60_000)
afterEach(() => engine.clear())

/** What lets the user of the image, who is nobody, read the engine's socket. */
const socket = () => [
  '-v',
  `${engine.socket}:/var/run/docker.sock:ro`,
  '--group-add',
  String(statSync(engine.socket).gid),
]

/** Starts the image beside the other containers. @returns the port of the machine that leads to its port 80 */
async function startImage(options: readonly string[], args: readonly string[]): Promise<number> {
  const port = await freePort()
  const published = ['--network', 'web', '-p', `127.0.0.1:${port}:80`]
  await engine.docker('run', '-d', '--name', 'proxy', ...published, ...options, 'signalbox', ...args)
  return port
}

interface Service {
  readonly image: string
  readonly labels: readonly string[]
  readonly command: readonly string[]
  readonly ports: readonly string[]
  readonly volumes: readonly string[]
  readonly user: string
  readonly cap_drop: readonly string[]
  readonly read_only: boolean
  readonly security_opt: readonly string[]
}

/** Compose itself is not needed: what the example says is handed to `docker run`. */
const readExample = (): { readonly services: Readonly<Record<string, Service>> } =>
  parse(readFileSync(path.join(root, 'examples/docker/docker-compose.yml'), 'utf8'))

const inspect = (template: string): Promise<string> => engine.docker('inspect', '-f', template, 'proxy')

const health = (): Promise<string> =>
  until(
    () => inspect('{{.State.Health.Status}}'),
    (status) => status !== 'starting',
    30_000,
  )

/** The answer through the published port; the status 0 where there is none. */
const ask = (port: number, host: string): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', () => resolve({ status: 0, body: '' }))
  })

/** Exit status and output of a command in the proxy's container. */
const execute = (...args: string[]): Promise<string> =>
  engine.docker('exec', 'proxy', ...args).catch((error: Error & { stderr?: string }) => `failed: ${error.stderr}`)

describe('the image', { timeout: 60_000 }, () => {
  test.each([['--version'], ['traefik --version'], ['signalbox --version']])('tells its version: %s', async (args) => {
    expect(await engine.docker('run', '--rm', '--network', 'none', 'signalbox', ...args.split(' '))).toBe(VERSION)
  })

  test('serves what has labels as nobody, with nothing to write on, and is healthy', async () => {
    await engine.runContainer('shop', {
      'traefik.enable': 'true',
      'traefik.http.routers.shop.rule': 'Host(`shop.test`)',
    })
    const hardened = [
      '--read-only',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
      '--health-interval',
      '1s',
    ]
    const port = await startImage(
      [...hardened, ...socket()],
      ['--ping', '--providers.docker', '--providers.docker.exposedbydefault=false', '--entrypoints.web.address=:80'],
    )
    expect(
      await until(
        () => ask(port, 'shop.test'),
        ({ status }) => status === 200,
        20_000,
      ),
    ).toEqual({ status: 200, body: 'served\n' })
    expect(await health()).toBe('healthy')
    expect(await inspect('{{(index .State.Health.Log 0).Output}}')).toMatch(/^OK: http:\/\/127\.0\.0\.1:8080\/ping/)
    const status = readFileSync(`/proc/${await inspect('{{.State.Pid}}')}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    // As Compose files for Traefik have it.
    expect(await execute('traefik', 'healthcheck', '--ping')).toMatch(/^OK/)
    await engine.docker('stop', '-t', '20', 'proxy')
    expect(await inspect('{{.State.ExitCode}}')).toBe('0')
  })

  test('runs examples/docker/docker-compose.yml', async () => {
    const { services } = readExample()
    const port = await freePort()
    const shop = services.whoami!.labels.map((label) => label.replace(/\$\{\w+:-([^}]*)\}/, '$1'))
    const labels = Object.fromEntries(shop.map((label) => label.split(/=(.*)/s) as [string, string]))
    await engine.runContainer('whoami', labels)
    const { command, ports, volumes, user, cap_drop, read_only, security_opt } = services.proxy!
    const options = [
      ...['--network', 'web', '--user', user, `--read-only=${read_only}`],
      ...ports.flatMap((words) => ['-p', words.replace(/^\d+/, `127.0.0.1:${port}`)]),
      ...volumes.flatMap((words) => ['-v', words.replace(/^[^:]+/, engine.socket)]),
      ...cap_drop.flatMap((name) => ['--cap-drop', name]),
      ...security_opt.flatMap((name) => ['--security-opt', name]),
      ...['--health-interval', '1s'],
    ]
    await engine.docker('run', '-d', '--name', 'proxy', ...options, services.proxy!.image, ...command)
    await untilServed(port, 'whoami.localhost')
    expect(await health()).toBe('healthy')
  })

  test('finds the flags behind an init of the engine, and tells when ping does not answer', async () => {
    await startImage(
      ['--init', '--health-interval', '500ms', '--health-retries', '1', '--health-start-period', '1ms'],
      ['traefik', '--ping', '--ping.manualrouting=true', '--entrypoints.traefik.address=:8099'],
    )
    expect(await health()).toBe('unhealthy')
    await until(
      () => inspect('{{range .State.Health.Log}}{{.Output}}{{end}}'),
      (said) => said.includes('bad healthcheck status: 404'),
      20_000,
    )
  })

  test('counts as healthy where ping is off, as long as it runs', async () => {
    await startImage(['--health-interval', '500ms'], ['--entrypoints.web.address=:80'])
    expect(await health()).toBe('healthy')
    expect(await execute('traefik', 'healthcheck', '--entrypoints.web.address=:80')).toContain('please enable `ping`')
  })

  test('says what to do where it may not read the socket', async () => {
    await startImage(
      ['-v', `${engine.socket}:/var/run/docker.sock:ro`],
      ['--entrypoints.web.address=:80', '--providers.docker'],
    )
    await until(
      () => run('docker', ['logs', 'proxy'], { env: engine.environment }).then(({ stdout, stderr }) => stdout + stderr),
      (text) => text.includes('EACCES') && text.includes('--group-add'),
      20_000,
    )
  })
})

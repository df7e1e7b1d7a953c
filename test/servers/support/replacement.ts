import { until } from '../../support/until.ts'
import { DEMO, type Dockerd } from './dockerd.ts'

/** The host that the servers below are routed by. */
export const HOST = 'app.test'

/**
 * Goes on for a second after it was told to stop, as servers do that end well; who still sends it something new then
 * fails.
 */
const SERVER = 'httpd -f -p 80 -h /www & server=$!; trap "sleep 1; kill $server; exit 0" TERM; wait $server'

/** The engine's own probe: the container is no server before it has answered. */
const PROBE = ['--health-cmd', '/bin/busybox wget -q -O /dev/null http://127.0.0.1/', '--health-interval', '200ms']

const labels = (kind: string) => [
  `traefik.http.routers.app.rule=Host(\`${HOST}\`)`,
  'traefik.http.services.app.loadbalancer.server.port=80',
  `${kind}.test=replacement`,
]

const flags = (kind: string) => labels(kind).flatMap((label) => ['--label', label])

/** Starts one of the containers, and waits until it serves. */
export async function startServer(engine: Dockerd, name: string): Promise<void> {
  const options = ['-d', '--name', name, '--network', 'web', '--stop-timeout', '10', ...PROBE, ...flags('docker')]
  await engine.docker('run', ...options, DEMO, '/bin/sh', '-c', SERVER)
  await until(
    () => engine.docker('inspect', '-f', '{{.State.Health.Status}}', name),
    (status) => status === 'healthy',
    30_000,
  )
}

/** Containers of one service, each of which is replaced in each round: `docker stop`, then `docker run`. */
export async function replaceContainers(engine: Dockerd, count: number, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (let at = 1; at <= count; at++) {
      await engine.docker('stop', `app-${at}-${round - 1}`)
      await startServer(engine, `app-${at}-${round}`)
    }
  }
}

export async function startServers(engine: Dockerd, count: number): Promise<void> {
  for (let at = 1; at <= count; at++) await startServer(engine, `app-${at}-0`)
}

/** A service of a swarm with three tasks. */
export async function createService(engine: Dockerd): Promise<void> {
  const update = [
    '--update-parallelism',
    '1',
    '--update-delay',
    '0s',
    '--update-monitor',
    '500ms',
    '--stop-grace-period',
    '10s',
  ]
  const options = ['--name', 'app', '--replicas', '3', '--network', 'ov', '--no-resolve-image', ...update]
  await engine.docker('service', 'create', ...options, ...PROBE, ...flags('swarm'), DEMO, '/bin/sh', '-c', SERVER)
}

/** Replaces each of its tasks, one after the other, in each round. */
export async function replaceTasks(engine: Dockerd, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) await engine.docker('service', 'update', '--force', 'app')
}

/**
 * Runs a proxy inside the overlay network: from the machine itself, a request to an address of it would leave the
 * machine.
 */
export async function startInside(
  engine: Dockerd,
  name: string,
  port: number,
  command: readonly string[],
): Promise<void> {
  const options = ['-d', '--name', name, '--network', 'ov', '-p', `127.0.0.1:${port}:80`, '-v', '/:/host']
  await engine.docker('run', ...options, DEMO, '/bin/busybox', 'chroot', '/host', ...command)
}

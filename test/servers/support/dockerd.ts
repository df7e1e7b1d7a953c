import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../support/free-port.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const run = promisify(execFile)

/** Serves `/www` on port 80; a copy of busybox, 2 MB. */
export const DEMO = 'demo:1'

/**
 * An engine of Docker with folders and a socket of its own. Its default bridge is off; networks that a test makes have
 * real addresses, which this machine reaches.
 */
export class Dockerd {
  readonly socket: string
  readonly #folder: string
  readonly #process: ServerProcess

  /** @param isLiveRestored its containers go on while it is away; no swarm then */
  constructor(isLiveRestored = false) {
    this.#folder = temporaryFolder()
    this.socket = path.join(this.#folder, 'd.sock')
    this.#process = new ServerProcess({
      program: '/usr/sbin/dockerd',
      args: [
        '--storage-driver=vfs',
        '--iptables=false',
        '--ip6tables=false',
        '--bridge=none',
        '--shutdown-timeout=2',
        `--live-restore=${isLiveRestored}`,
        `--data-root=${path.join(this.#folder, 'data')}`,
        `--exec-root=${path.join(this.#folder, 'exec')}`,
        `--pidfile=${path.join(this.#folder, 'pid')}`,
        `--host=unix://${this.socket}`,
      ],
      isReady: async () => {
        await this.docker('version')
        return true
      },
    })
  }

  get flags(): readonly string[] {
    return [`--providers.docker.endpoint=unix://${this.socket}`]
  }

  start(): Promise<void> {
    return this.#process.start()
  }

  stop(signal?: NodeJS.Signals): Promise<void> {
    return this.#process.stop(signal)
  }

  stall(): void {
    this.#process.stall()
  }

  goOn(): void {
    this.#process.goOn()
  }

  /** Variables of a process whose `docker` speaks with this engine. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, DOCKER_HOST: `unix://${this.socket}` }
  }

  /** Runs Docker's own command line; gives what it prints. */
  async docker(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('docker', args, {
      env: this.environment,
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout.trim()
  }

  /** Makes the image `demo:1`, which serves a page, and the network `web`. @param subnet 255 addresses: `A.B.C.0/24` */
  async prepare(subnet: string): Promise<void> {
    await removeStaleBridges(subnet)
    const root = path.join(this.#folder, 'root')
    for (const folder of ['bin', 'www', 'tmp']) mkdirSync(path.join(root, folder), { recursive: true })
    copyFileSync('/usr/bin/busybox', path.join(root, 'bin/busybox'))
    for (const name of ['sh', 'httpd', 'sleep', 'hostname']) symlinkSync('busybox', path.join(root, 'bin', name))
    writeFileSync(path.join(root, 'www/index.html'), 'served\n')
    const archive = path.join(this.#folder, 'root.tar')
    await run('tar', ['-C', root, '-cf', archive, '.'])
    const serve = 'CMD ["/bin/httpd","-f","-p","80","-h","/www"]'
    await this.docker('import', '--change', 'EXPOSE 80/tcp', '--change', serve, archive, DEMO)
    await this.docker('network', 'create', '-d', 'bridge', '--subnet', subnet, 'web')
  }

  /** Starts a container; gives its id. */
  runContainer(name: string, labels: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<string> {
    const flags = Object.entries(labels).flatMap(([label, value]) => ['-l', `${label}=${value}`])
    const options = more.includes('--network') ? more : ['--network', 'web', ...more]
    return this.docker('run', '-d', '--name', name, ...flags, ...options, DEMO)
  }

  /** Takes all containers away. */
  async clear(): Promise<void> {
    const ids = (await this.docker('ps', '-aq')).split('\n').filter((id) => id !== '')
    if (ids.length > 0) await this.docker('rm', '-f', ...ids)
  }

  /** Stops it for good: its containers end, and nothing of its networks and folders stays on the machine. */
  async end(): Promise<void> {
    await this.clear()
    await this.docker('swarm', 'leave', '--force').catch(() => '')
    await this.docker('network', 'prune', '--force')
    await this.stop()
    // A swarm leaves namespaces of networks mounted; a folder with one in it can't be removed.
    const below = readFileSync('/proc/self/mounts', 'utf8').matchAll(new RegExp(`^\\S+ (${this.#folder}/\\S+)`, 'gm'))
    for (const [, mounted] of below) await run('umount', ['--lazy', mounted!])
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Makes a swarm of this one machine, with the overlay network `ov`. */
  async makeSwarm(): Promise<void> {
    const listen = `127.0.0.1:${await freePort()}`
    const pool = ['--default-addr-pool', '172.29.0.0/16']
    await this.docker('swarm', 'init', '--advertise-addr', '127.0.0.1', '--listen-addr', listen, ...pool)
    await this.docker('network', 'create', '-d', 'overlay', '--attachable', 'ov')
  }
}

/** A run that was killed leaves its bridges behind, and what is sent to these addresses would go there. */
async function removeStaleBridges(subnet: string): Promise<void> {
  const { stdout } = await run('ip', ['-json', '-4', 'address'])
  const devices = JSON.parse(stdout) as {
    readonly ifname: string
    readonly operstate: string
    readonly addr_info: readonly { readonly local?: string }[]
  }[]
  const start = subnet.replace(/0\/24$/, '')
  for (const { ifname, operstate, addr_info } of devices) {
    const isStale = operstate === 'DOWN' && ifname.startsWith('br-')
    if (isStale && addr_info.some(({ local = '' }) => local.startsWith(start)))
      await run('ip', ['link', 'delete', ifname])
  }
}

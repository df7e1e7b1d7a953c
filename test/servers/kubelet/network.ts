import { execFile, spawn, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Everything of a test is in namespaces of its own: its addresses lead nowhere else, and nothing of it is left when its
 * first process ends. Without root it is root of a user namespace.
 */
const OWN = [
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  ...['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
]

/** The machine, as Pods and clients see it: what listens on all addresses is here. */
export const MACHINE = '10.99.0.1'
const PREFIX = 16

/** Whether this machine lets us have namespaces of our own; says so where it does not. */
export function areNamespacesAllowed(): boolean {
  const { status, stderr } = spawnSync('unshare', [...OWN, 'ip', 'link', 'add', 'probe', 'type', 'bridge'])
  if (status === 0) return true
  const reason = stderr?.toString().trim() ?? ''
  console.error(`NOT TESTED: what needs Pods, as network namespaces are refused here${reason && `: ${reason}`}`)
  return false
}

export interface Ran {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/**
 * Runs a script of Node in a network of its own, in which {@link openNetwork} has to be called.
 * @param isHeard whether what it says is passed on at once
 */
export async function runInside(script: string, args: readonly string[], isHeard = false): Promise<Ran> {
  // Whatever ends us ends all of it.
  const command = ['--pdeathsig', 'KILL', 'unshare', ...OWN, process.execPath, script, ...args]
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { output: '', errors: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    said.output += chunk.toString()
    if (isHeard) process.stdout.write(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said.errors += chunk.toString()
    if (isHeard) process.stderr.write(chunk)
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  return { code, ...said }
}

/** The bridge that joins all Pods and the machine. There is no way out of it. */
export async function openNetwork(): Promise<void> {
  await run('ip', ['link', 'set', 'lo', 'up'])
  await run('ip', ['link', 'add', 'pods', 'type', 'bridge'])
  await run('ip', ['address', 'add', `${MACHINE}/${PREFIX}`, 'dev', 'pods'])
  await run('ip', ['link', 'set', 'pods', 'up'])
}

/** The commands of a shell that give a joined Pod its address. */
export const addressCommands = (address: string): string =>
  `ip link set lo up && ip address add ${address}/${PREFIX} dev eth0 && ip link set eth0 up`

/** Joins the network namespace of a process. @param at the number of the Pod */
export async function join(pid: number, at: number): Promise<void> {
  const name = `pod${at}`
  await run('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)])
  await run('ip', ['link', 'set', name, 'master', 'pods', 'up'])
}

/** Addresses are not given a second time: who still asks an old one finds nobody. @param at from 1 */
export const addressOf = (at: number): string => `10.99.${1 + Math.floor(at / 250)}.${1 + (at % 250)}`

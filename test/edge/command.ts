import { spawn } from 'node:child_process'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './files.ts'

const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')

/** Runs `signalbox edge …` of the built command. */
export const edge = (args: readonly string[], env: Record<string, string> = {}, cwd = temporaryFolder()) =>
  command(['edge', ...args], env, cwd)

/** Runs `signalbox …` of the built command. */
export async function command(args: readonly string[], env: Record<string, string> = {}, cwd = temporaryFolder()) {
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

/** The same for one that goes on by itself; ended with the test. */
export function goingOn(args: readonly string[], env: Record<string, string>, cwd: string) {
  const child = spawn(process.execPath, [cli, 'edge', ...args], { cwd, env: { ...process.env, ...env } })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let stdout = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  return { said: () => stdout, hasEnded: () => child.exitCode !== null }
}

/** A signing key in a file of its own. */
export async function keygen() {
  const file = path.join(temporaryFolder(), 'key.pem')
  const { stdout } = await edge(['keygen', '--out', file])
  return { file, publicKey: /"([^"]+)"/.exec(stdout)![1]! }
}

import { spawn } from 'node:child_process'
import { maskSecrets } from '../../../../src/http/secrets.ts'
import { type CreateDnsProvider, DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS, type DnsRecord } from './provider.ts'

/** A program that hangs is ended. */
const LONGEST_RUN_MS = 5 * 60 * 1000
const MOST_LINES = 100
const MOST_SHOWN = 300

/**
 * A program that puts records: `PROGRAM present FQDN VALUE` and `PROGRAM cleanup FQDN VALUE`, in the mode `RAW`
 * `PROGRAM present -- DOMAIN TOKEN KEY-AUTHORISATION`. No shell is between.
 */
export const createExec: CreateDnsProvider = ({ env, log }) => {
  const program = env.needed('exec', 'EXEC_PATH')
  const isRaw = env.text('EXEC_MODE') === 'RAW'
  const argumentsOf = (command: string, { domain, fqdn, value, token, keyAuthorization }: DnsRecord) =>
    isRaw ? [command, '--', domain, token, keyAuthorization] : [command, fqdn, value]

  const run = (args: readonly string[], signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_RUN_MS)]),
        stdio: ['ignore', 'pipe', 'pipe'],
        env: env.all,
      })
      let lines = 0
      const say = (chunk: Buffer): void => {
        for (const line of chunk.toString('utf8').split('\n')) {
          if (line.trim() === '' || ++lines > MOST_LINES) continue
          log.log('info', `exec: ${maskSecrets(line).slice(0, MOST_SHOWN)}`)
        }
      }
      child.stdout.on('data', say)
      child.stderr.on('data', say)
      child.once('error', (error) => reject(new Error(`exec: ${error.message}`)))
      child.once('close', (code, by) => {
        if (code === 0) resolve()
        else reject(new Error(`exec: ${program} ${args[0]} ended with ${code ?? by}`))
      })
    })

  return {
    present: (record, signal) => run(argumentsOf('present', record), signal),
    cleanUp: (record, signal) => run(argumentsOf('cleanup', record), signal),
    timeoutMs: env.seconds(DEFAULT_TIMEOUT_MS, 'EXEC_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, 'EXEC_POLLING_INTERVAL'),
    sequenceMs: env.seconds(DEFAULT_TIMEOUT_MS, 'EXEC_SEQUENCE_INTERVAL'),
  }
}

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './publish.ts'

/** The namespace that `wrangler dev` uses on this machine, through the project's wrangler: its layout is its own. */
export function localNamespace(wranglerFile: string, binding: string, environment: string | null): KvNamespace {
  const directory = path.dirname(path.resolve(wranglerFile))
  const scope = ['--binding', binding, '--local', '--config', path.resolve(wranglerFile)]
  if (environment !== null) scope.push('--env', environment)
  const wrangler = (args: readonly string[]) =>
    run(findWrangler(directory), ['kv', 'key', ...args, ...scope], directory)
  return {
    title: `local KV namespace ${binding}`,
    async get(key) {
      const { code, stdout } = await wrangler(['get', key])
      return code === 0 && !/^Value not found/.test(stdout.toString()) ? stdout : null
    },
    async put(key, value, { metadata, ttlSeconds } = {}) {
      const folder = await mkdtemp(path.join(tmpdir(), 'signalbox-'))
      try {
        const file = path.join(folder, 'value')
        await writeFile(file, value)
        const options = ['--path', file, '--metadata', JSON.stringify(metadata ?? {})]
        if (ttlSeconds !== undefined) options.push('--ttl', String(ttlSeconds))
        const { code, stderr } = await wrangler(['put', key, ...options])
        if (code !== 0) throw new EdgeError(`wrangler could not write ${key}: ${stderr.toString().trim()}`)
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    async list(prefix) {
      const { code, stdout, stderr } = await wrangler(['list', '--prefix', prefix])
      if (code !== 0) throw new EdgeError(`wrangler could not list keys: ${stderr.toString().trim()}`)
      return (JSON.parse(stdout.toString()) as { name: string }[]).map(({ name }) => name)
    },
  }
}

function findWrangler(directory: string): string {
  for (const from of [path.join(directory, 'wrangler.toml'), import.meta.url]) {
    try {
      return path.join(path.dirname(createRequire(from).resolve('wrangler/package.json')), 'bin/wrangler.js')
    } catch {
      // Not installed there; the next place may have it.
    }
  }
  throw new EdgeError('--local needs wrangler: npm install --save-dev wrangler')
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; stdout: Buffer; stderr: Buffer }> {
  const env = {
    ...process.env,
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }))
  })
}

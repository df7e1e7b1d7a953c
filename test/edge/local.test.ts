import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { edge, keygen } from './command.ts'
import { temporaryFolder } from './files.ts'
import { routing } from './project.ts'

const wrangler = path.resolve(import.meta.dirname, '../../node_modules/wrangler/bin/wrangler.js')

test('--local writes where wrangler dev reads', { timeout: 120_000 }, async () => {
  const [key, folder] = [await keygen(), temporaryFolder()]
  const namespace = { binding: 'SIGNALBOX_KV', id: 'live', preview_id: 'here' }
  writeFileSync(
    path.join(folder, 'wrangler.jsonc'),
    JSON.stringify({
      name: 'shop',
      compatibility_date: '2026-10-01',
      kv_namespaces: [namespace],
      vars: { SIGNALBOX_PUBLIC_KEYS: key.publicKey },
    }),
  )
  const run = async (...args: string[]) => {
    const began = performance.now()
    const { code, stdout, stderr } = await edge([...args, '--local', '--key', key.file], {}, folder)
    console.log(`edge ${args[0]} --local: ${Math.round(performance.now() - began)} ms`)
    expect([stderr, code]).toEqual(['', 0])
    return stdout
  }
  for (const names of [['a'], ['a', 'b']]) {
    writeFileSync(path.join(folder, 'routing.yml'), JSON.stringify(routing(...names)))
    expect(await run('push', '--config', 'routing.yml')).toMatch(
      /Published revision \d+ to local KV namespace SIGNALBOX_KV: /,
    )
  }
  const [, revision, of] = /revision (\d+) .*revision (\d+)/.exec(await run('rollback')) ?? []
  const { stdout } = spawnSync(
    process.execPath,
    [wrangler, 'kv', 'key', 'get', 'plan-head', '--binding', 'SIGNALBOX_KV', '--local', '--preview'],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_WRITE_LOGS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
    },
  )
  expect(stdout).toContain(`"revision":${revision},"rollbackOf":${of}`)
})

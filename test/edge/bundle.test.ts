import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from './files.ts'
import { allModules, startingModules } from './proxy.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Bytes of gzip; kilobytes are thousands here: the stricter reading. */
const LIMITS = { plainPlan: 24_700, fewMiddlewares: 35_500 }

describe('the built worker', () => {
  test.each([
    ['starts, and serves a plain plan,', LIMITS.plainPlan, []],
    ['serves a plan with headers and stripPrefix', LIMITS.fewMiddlewares, ['registry', 'paths', 'fields']],
  ])('%s with less than %i bytes', (what, limit, loaded) => {
    const size = gzipSync([...startingModules(...loaded).values()].join('\n'), { level: 9 }).length
    console.log(`the worker ${what} with ${size} bytes of gzip`)
    expect(size).toBeLessThan(limit)
  })

  test('has few modules, each worth being one', () => {
    const modules = allModules()
    expect(modules.size).toBeLessThanOrEqual(49)
    // What only hands on what another module exports is there because it is loaded by that name.
    const small = [...modules].filter(
      ([name, text]) => text.length < 1024 && !/^(?:import[^;]*;)+export\{/.test(text) && name !== 'worker.js',
    )
    expect(small.map(([name]) => name)).toEqual([])
  })

  test('has nothing of plan time in any module', () => {
    for (const [name, text] of allModules()) {
      // What zod, YAML parsers and the rule parser say in their messages.
      expect(text, name).not.toMatch(
        /ZodError|invalid_type|strictObject|YAMLParseError|BLOCK_MAP|alias node|error while parsing rule/,
      )
    }
  })

  test('needs nothing of Node', () => {
    for (const [name, text] of allModules()) {
      expect(text, name).not.toMatch(/(?:from|import)\s*\(?"(?!cloudflare:workers")(?:node:|[a-z@])/)
      expect(text, name).not.toMatch(/\b(?:process\.env|Buffer\.from|require\()/)
    }
  })

  test('is accepted by wrangler', { timeout: 60_000 }, () => {
    const folder = temporaryFolder()
    const main = path.join(root, 'dist/worker.js')
    writeFileSync(
      path.join(folder, 'wrangler.toml'),
      `name = "signalbox"\nmain = ${JSON.stringify(main)}\ncompatibility_date = "2026-10-01"\n\n[[kv_namespaces]]\nbinding = "SIGNALBOX_KV"\nid = "0"\n`,
    )
    for (const config of [path.join(folder, 'wrangler.toml'), path.join(root, 'wrangler.toml')]) {
      const { status, stdout, stderr } = dryRun(config, folder)
      expect(`${stdout}${stderr}`, config).toMatch(/Total Upload: .* gzip: /)
      expect(status, config).toBe(0)
    }
  })
})

function dryRun(config: string, outdir: string) {
  const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js')
  return spawnSync(
    process.execPath,
    [wrangler, 'deploy', '--dry-run', '--outdir', path.join(outdir, 'out'), '--config', config],
    {
      encoding: 'utf8',
      cwd: root,
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_SEND_ERROR_REPORTS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_WRITE_LOGS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        DO_NOT_TRACK: '1',
      },
    },
  )
}

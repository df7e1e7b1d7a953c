import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { knownPlugins } from '../../../adapters/node/plugins/known-plugins.ts'
import { loadPlugins } from '../../../adapters/node/plugins/load-plugins.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plugins-'))
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  write('typed.ts', "const name: string = 'typed'\nexport default { name, create: () => (next: unknown) => next }\n")
  write('plain.mjs', "export default { name: 'plain', create: () => (next) => next }\n")
  write('none.mjs', 'export const plugin = 1\n')
  write('throws.mjs', "throw new Error('while it is loaded')\n")
  write('node_modules/packaged/package.json', '{"name":"packaged","type":"module","exports":"./main.js"}')
  write('node_modules/packaged/main.js', "export default { name: 'packaged', create: () => (next) => next }\n")
  write('plugins-local/src/example.org/go/.traefik.yml', 'displayName: Go\ntype: middleware\n')
  write('plugins-local/src/example.org/wasm/.traefik.yml', 'displayName: W\ntype: middleware\nruntime: wasm\n')
})

const settings = { envs: [], mounts: [], useUnsafe: false }
const local = (declared: Record<string, { module?: string; moduleName?: string }>, abort = false) =>
  loadPlugins(
    {
      experimental: {
        localPlugins: Object.fromEntries(
          Object.entries(declared).map(([name, one]) => [name, { ...one, settings }] as const),
        ),
        abortOnPluginFailure: abort,
      } as never,
    },
    folder,
  )

describe('plugins', () => {
  test('are loaded from files and packages', async () => {
    const { plugins, problems } = await local({
      a: { module: './typed.ts' },
      b: { module: './plain.mjs' },
      c: { module: path.join(folder, 'plain.mjs') },
      d: { module: 'packaged' },
    })
    expect(problems).toEqual([])
    expect(Object.entries(plugins).map(([name, plugin]) => `${name} ${plugin.name}`)).toEqual([
      'a typed',
      'b plain',
      'c plain',
      'd packaged',
    ])
  })

  test.each([
    [{ module: './gone.ts' }, /Cannot find module/],
    [{ module: 'no-such-package' }, /Cannot find module/],
    [{ module: './none.mjs' }, /no plugin as its default export/],
    [{ module: './throws.mjs' }, /while it is loaded/],
    [{ moduleName: 'example.org/go' }, /written in Go/],
    [{ moduleName: 'example.org/gone' }, /ENOENT/],
    [{}, /neither module nor moduleName/],
  ])('%j: one that is not there costs nothing else', async (declared, message) => {
    const { plugins, problems } = await local({ bad: declared, good: { module: './plain.mjs' } })
    expect(Object.keys(plugins)).toEqual(['good'])
    expect(problems).toMatchObject([
      { severity: 'warning', path: ['experimental', 'localPlugins', 'bad'], message: expect.stringMatching(message) },
    ])
    expect((await local({ bad: declared }, true)).problems).toMatchObject([{ severity: 'error' }])
  })

  test('options that are for others are told', async () => {
    const { plugins, problems } = await loadPlugins(
      {
        experimental: {
          localPlugins: {
            a: { module: './plain.mjs', moduleName: 'example.org/go', settings: { ...settings, envs: ['HOME'] } },
          },
          abortOnPluginFailure: true,
        } as never,
      },
      folder,
    )
    expect(Object.keys(plugins)).toEqual(['a'])
    expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      'warning plugin "a": moduleName has no effect beside "module"',
      'warning plugin "a": settings has no effect beside "module"',
    ])
  })

  test('that are known have a line in docs/plugins.md', () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../../docs/plugins.md'), 'utf8')
    expect(knownPlugins.length).toBeGreaterThanOrEqual(15)
    for (const [module, instead] of knownPlugins) expect(page).toContain(`| ${module} | ${instead} |`)
  })

  test('of the catalogue are refused with what does the same', async () => {
    const { problems } = await loadPlugins({
      experimental: {
        plugins: { real: { moduleName: 'github.com/soulbalz/Traefik-Real-IP/v2', version: 'v1.0.0', settings } },
      } as never,
    })
    expect(problems).toMatchObject([
      { path: ['experimental', 'plugins', 'real'], hint: expect.stringContaining('forwardedHeaders.trustedIPs') },
    ])
  })
})

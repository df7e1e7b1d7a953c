import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { packageSpec } from '../../adapters/cli/edge/init/installed-package.ts'
import { workflow } from '../../adapters/cli/edge/init/workflow.ts'
import { wranglerConfig } from '../../adapters/cli/edge/init/wrangler-config.ts'
import { generateSigningKey, loadSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { runCommand } from '../support/command.ts'

const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'))

function temporaryFolder(name = 'shop'): string {
  const parent = mkdtempSync(path.join(os.tmpdir(), 'signalbox-init-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  const folder = path.join(parent, name)
  mkdirSync(folder)
  return folder
}

/** JSON with comments on lines of their own; YAML takes everything else that JSON with comments may have. */
const jsonc = (text: string) => JSON.parse(text.replace(/^\s*\/\/.*$/gm, ''))

const init = (cwd: string, ...args: string[]) => runCommand(['edge', 'init', ...args], { cwd })

test('edge init writes a project, and says what to do next', async () => {
  const folder = temporaryFolder('My Shop!')
  const { status, output, errors } = await init(folder, '--domain', 'shop.example.com')
  expect({ status, errors }).toEqual({ status: 0, errors: '' })
  expect(output).toMatch(
    /^written {3}wrangler\.jsonc\n(?:written.*\n){5}\n[\s\S]*npx signalbox edge push --config dynamic\.yml/,
  )
  const read = (file: string) => readFileSync(path.join(folder, file), 'utf8')
  expect(jsonc(read('wrangler.jsonc'))).toMatchObject({
    name: 'my-shop',
    workers_dev: false,
    observability: { enabled: true },
    routes: [{ pattern: 'shop.example.com', custom_domain: true }],
    triggers: { crons: ['* * * * *'] },
    vars: { SIGNALBOX_AUDIENCE: 'my-shop', SIGNALBOX_PUBLIC_KEYS: expect.stringMatching(/^[\w-]{43}$/) },
  })
  const key = path.join(folder, 'signing-key.pem')
  expect(statSync(key).mode & 0o777).toBe(0o600)
  expect((await loadSigningKey(key, {})).publicKey).toBe(jsonc(read('wrangler.jsonc')).vars.SIGNALBOX_PUBLIC_KEYS)
  expect(JSON.parse(read('package.json')).devDependencies).toMatchObject({
    miniflare: manifest.devDependencies.miniflare,
    wrangler: manifest.devDependencies.wrangler,
  })
  expect(read('.gitignore')).toBe('signing-key.pem\nnode_modules/\n.wrangler/\n')
  expect((await runCommand(['check', '--target', 'edge', 'dynamic.yml'], { cwd: folder })).output).toMatch(/: 0 errors/)
})

test('edge init keeps every file that is there, and says which', async () => {
  const folder = temporaryFolder()
  const own = ['wrangler.jsonc', 'package.json', 'dynamic.yml', '.github/workflows/signalbox.yml']
  mkdirSync(path.join(folder, '.github/workflows'), { recursive: true })
  for (const file of own) writeFileSync(path.join(folder, file), 'mine')
  writeFileSync(path.join(folder, '.gitignore'), 'node_modules/\n*.log')
  const { status, output } = await init(folder)
  expect(status).toBe(0)
  for (const file of own) {
    expect(output).toContain(`kept      ${file}, which is there\n`)
    expect(readFileSync(path.join(folder, file), 'utf8')).toBe('mine')
  }
  expect(output).toMatch(
    /extended {2}\.gitignore\n[\s\S]*npm install --save-dev --save-exact miniflare@\S+ \S+ wrangler@/,
  )
  expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toBe(
    'node_modules/\n*.log\nsigning-key.pem\n.wrangler/\n',
  )
  expect((await init(folder)).output).toContain('kept      .gitignore')
})

test('edge init takes the key that is there, and no other file for one', async () => {
  const folder = temporaryFolder()
  const { pem, publicKey } = await generateSigningKey()
  writeFileSync(path.join(folder, 'signing-key.pem'), pem)
  expect((await init(folder)).output).toContain('kept      signing-key.pem')
  expect(readFileSync(path.join(folder, 'wrangler.jsonc'), 'utf8')).toContain(`"SIGNALBOX_PUBLIC_KEYS": "${publicKey}"`)

  const other = temporaryFolder()
  writeFileSync(path.join(other, 'signing-key.pem'), 'secret of another kind')
  const { status, errors } = await init(other)
  expect({ status, errors }).toEqual({ status: 1, errors: expect.stringMatching(/holds no private key/) })
  expect(errors).not.toContain('secret')
  expect(existsSync(path.join(other, 'wrangler.jsonc'))).toBe(false)
})

test.each([
  [['--env', 'staging,Production'], '--env staging,Production: "Production" is no name'],
  [['--env', 'a,a'], '--env a,a: a is there twice'],
  [['--domain', 'https://shop.example.com'], '--domain https://shop.example.com: a host like'],
  [['--domain', 'shop'], '--domain shop: a host like'],
  [['--name', 'Shop'], '--name Shop: small letters'],
])('edge init refuses %j', async (args, message) => {
  const folder = temporaryFolder()
  const { status, errors } = await init(folder, ...args)
  expect({ status, errors }).toEqual({ status: 2, errors: expect.stringContaining(message) })
  expect(existsSync(path.join(folder, 'wrangler.jsonc'))).toBe(false)
})

describe('environments', () => {
  test('have bindings and variables of their own; production has the domain', () => {
    const { env, ...shared } = jsonc(
      wranglerConfig(
        { name: 'shop', environments: ['staging', 'production', 'lab'], domain: 'shop.example.com' },
        'key',
      ),
    )
    expect(Object.keys(shared)).not.toEqual(expect.arrayContaining(['vars']))
    // The files of the dashboard are given out by the worker alone.
    expect(shared.assets).toEqual({
      directory: 'node_modules/signalbox/dist/dashboard',
      binding: 'SIGNALBOX_DASHBOARD',
      run_worker_first: true,
      html_handling: 'none',
    })
    const of = (name: string) => [env[name].routes[0].pattern, env[name].vars.SIGNALBOX_AUDIENCE]
    expect(of('staging')).toEqual(['staging.shop.example.com', 'shop/staging'])
    expect(of('production')).toEqual(['shop.example.com', 'shop/production'])
    expect(of('lab')).toEqual(['lab.shop.example.com', 'shop/lab'])
    expect(env.lab.kv_namespaces).toEqual([{ binding: 'SIGNALBOX_KV' }])
    expect(env.lab.durable_objects.bindings).toEqual([{ name: 'SIGNALBOX_STATE', class_name: 'SignalboxState' }])
  })

  test('a route names its zone, and may be missing', () => {
    const routesOf = (domain: string | null, environments: string[] = []) => {
      const config = jsonc(wranglerConfig({ name: 'shop', environments, domain }, 'key'))
      return environments.length === 0 ? config.routes : config.env[environments[0]!].routes
    }
    expect(routesOf('*.example.com/*')).toEqual([{ pattern: '*.example.com/*', zone_name: 'example.com' }])
    expect(routesOf('*.example.com/*', ['lab', 'live'])).toEqual([
      { pattern: '*.lab.example.com/*', zone_name: 'example.com' },
    ])
    expect(routesOf(null)).toBeUndefined()
  })

  test('are published to one after the other', () => {
    const { on, jobs } = parse(workflow({ environments: ['staging', 'production'] }, 'dynamic.yml'))
    expect(on).toEqual({ pull_request: null, push: { branches: ['main'] } })
    expect(Object.keys(jobs)).toEqual(['check', 'push-staging', 'push-production'])
    expect(jobs['push-production']).toMatchObject({ needs: 'push-staging', environment: 'production' })
    expect(jobs['push-production'].steps.at(-1).run).toBe(
      'npx signalbox edge push --config dynamic.yml --env production',
    )
    // Whoever writes a pull request could read what its jobs may read.
    expect(JSON.stringify(jobs.check)).not.toContain('SIGNALBOX_SIGNING_KEY')
    expect(jobs.check.steps.at(-1).run).toContain('edge push --config dynamic.yml --env production --dry-run')
    expect(Object.keys(parse(workflow({ environments: [] }, 'dynamic.yml')).jobs)).toEqual(['check', 'push'])
  })
})

describe('the package itself', () => {
  test('is asked for by the folder that it runs from where npm does not say whence it came', () => {
    const folder = temporaryFolder()
    const spec = packageSpec(folder)
    expect(spec).toMatch(/^file:/)
    expect(path.resolve(folder, spec.slice('file:'.length))).toBe(path.resolve(import.meta.dirname, '../..'))
  })

  test('has the tools that the project is tested with', () => {
    for (const tool of ['miniflare', 'wrangler'])
      expect(manifest.peerDependencies[tool]).toBe(manifest.devDependencies[tool])
  })
})

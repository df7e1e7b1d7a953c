import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { text as streamText } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { VERSION } from '../src/version.ts'
import { freePort } from './support/free-port.ts'
import { until } from './support/until.ts'

const root = path.join(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })

describe('the package', () => {
  test('has the version that the program says', () => {
    expect(VERSION).toBe(manifest.version)
    expect(run('dist/cli.js', '--version')).toBe(`${manifest.version}\n`)
  })

  test('names exact versions only', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
    for (const [name, version] of Object.entries(all))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d/)])
  })

  test('says in docs/dependencies.md why it has each dependency', () => {
    const text = readFileSync(path.join(root, 'docs/dependencies.md'), 'utf8')
    for (const name of Object.keys(manifest.dependencies)) expect(text).toContain(`| ${name} |`)
    for (const name of Object.keys(manifest.devDependencies)) expect(text).toContain(name)
  })

  test('has the table of what works where in its README', () => {
    expect(run('scripts/readme-table.mjs', '--check')).toBe('')
  })

  test('starts its help with an example', () => {
    const help = run('dist/cli.js', '--help')
    expect(help.split('\n')[0]).toBe('signalbox --entryPoints.web.address=:8000 --providers.file.filename=routing.yml')
    expect(help).toContain('--entryPoints.<name>.transport.respondingTimeouts.readTimeout')
  })

  test('checks its own examples without a complaint', () => {
    expect(run('dist/cli.js', 'check', 'examples/quickstart/routing.yml')).toMatch(/: 0 errors, 0 warnings\n$/)
  })
})

describe('an old Node', () => {
  const sentence = /^Signalbox needs Node 22\.19 or newer; this is v20\.\S+ \(\S+\), see https:\/\/nodejs\.org\n$/
  const pretend = `data:text/javascript,${encodeURIComponent(
    "Object.defineProperties(process, { version: { value: 'v20.20.2' }, versions: { value: { ...process.versions, node: '20.20.2' } } })",
  )}`
  /** One that the machine has itself. */
  const old = ['/usr/bin/node', '/usr/local/bin/node'].find(
    (file) => existsSync(file) && /^v20\./.test(execFileSync(file, ['--version'], { encoding: 'utf8' })),
  )

  test.each([[['--version']], [['check', 'examples/quickstart/routing.yml']], [[]]])(
    'is told so in a sentence: %j',
    (args) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', pretend, 'dist/cli.js', ...args], {
        cwd: root,
        encoding: 'utf8',
      })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(sentence)
    },
  )

  test.runIf(old !== undefined)('of this machine too', () => {
    const { status, stdout, stderr } = spawnSync(old!, ['dist/cli.js'], { cwd: root, encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(sentence)
  })
})

describe('packed and installed', () => {
  let folder: string
  const environment = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` }
  const inFolder = (program: string, ...args: string[]) =>
    spawnSync(program, args, { cwd: folder, encoding: 'utf8', env: environment })

  // A copy is packed: what that does to package.json and dist must not happen under other tests.
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-package-'))
    const copy = path.join(folder, 'copy')
    mkdirSync(copy)
    for (const name of [
      'package.json',
      'README.md',
      'LICENSE',
      'src',
      'adapters',
      'dashboard',
      'examples',
      'scripts',
      'tsconfig.base.json',
    ])
      cpSync(path.join(root, name), path.join(copy, name), { recursive: true })
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'))
    const before = readFileSync(path.join(copy, 'package.json'), 'utf8')
    const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: copy,
      encoding: 'utf8',
      env: environment,
    })
    expect(packed).toMatchObject({ status: 0 })
    expect(readFileSync(path.join(copy, 'package.json'), 'utf8')).toBe(before)
    rmSync(copy, { recursive: true })
    writeFileSync(path.join(folder, 'package.json'), '{"type": "module", "private": true}')
    const installed = inFolder(
      'npm',
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      ...globSync('*.tgz', { cwd: folder }).map((name) => `./${name}`),
    )
    expect(installed).toMatchObject({ status: 0 })
  }, 180_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('needs nothing to run', () => {
    expect(readFileSync(path.join(folder, 'node_modules/signalbox/package.json'), 'utf8')).not.toContain(
      'devDependencies',
    )
    const installed = globSync('node_modules/*', { cwd: folder }).map((name) => path.basename(name))
    expect(installed).toEqual(['signalbox'])
    expect(inFolder('npx', 'signalbox', 'check', path.join(root, 'examples/quickstart/routing.yml')).stdout).toMatch(
      /: 0 errors, 0 warnings\n$/,
    )
  }, 60_000)

  test('takes less than 15 MB', () => {
    const files = globSync('node_modules/signalbox/**/*', { cwd: folder }).map((file) =>
      statSync(path.join(folder, file)),
    )
    const bytes = files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0)
    expect(bytes).toBeGreaterThan(1_000_000)
    expect(bytes).toBeLessThan(15_000_000)
  })

  test('has the dashboard, and little of it', () => {
    const dashboard = globSync('node_modules/signalbox/dist/dashboard/{*,.assetsignore}', { cwd: folder })
    const names = dashboard.map((file) => path.basename(file).replace(/-[A-Z0-9]{8}\./, '.'))
    const served = ['app.js', 'favicon.svg', 'index.html', 'style.css']
    const copies = served.flatMap((name) => [name, `${name}.br`, `${name}.gz`])
    expect(names.sort()).toEqual(['.assetsignore', ...copies])
    const zipped = dashboard
      .filter((file) => file.endsWith('.gz'))
      .map((file) => statSync(path.join(folder, file)).size)
    expect(zipped.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000)
  })

  test('runs by its name', () => {
    const { status, stdout } = inFolder('npx', 'signalbox', 'version')
    expect(status).toBe(0)
    expect(stdout).toContain(`Version:      ${manifest.version}\n`)
  }, 60_000)

  const entries = Object.entries(manifest.exports as Record<string, { types?: string }>).filter(
    ([, { types }]) => types !== undefined,
  )

  test.each(entries)(
    'has a module and its types for %s',
    (name, { types }) => {
      const from = name.replace(/^\./, manifest.name)
      const isWorker = types!.includes('cloudflare')
      const file = `use-${name.replace(/\W+/g, '-')}.ts`
      writeFileSync(
        path.join(folder, file),
        `import * as all from '${from}'
type IsAny<T> = 0 extends 1 & T ? true : false
type Names = { [K in keyof typeof all]: IsAny<(typeof all)[K]> extends true ? K : never }[keyof typeof all]
/** No export is of an unknown type. */
const noneIsAny: [Names] extends [never] ? true : Names = true
// @ts-expect-error there is no such export
all.nothingOfThatName
export const used = [all, noneIsAny]
`,
      )
      for (const needed of ['@types/node', '@cloudflare/workers-types', 'undici-types']) {
        const link = path.join(folder, 'node_modules', needed)
        mkdirSync(path.dirname(link), { recursive: true })
        if (!existsSync(link)) symlinkSync(path.join(root, 'node_modules', needed), link)
      }
      const checked = inFolder(
        process.execPath,
        path.join(root, 'node_modules/typescript/bin/tsc'),
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        '--types',
        isWorker ? '@cloudflare/workers-types' : 'node',
        // Other declarations than ours are not at their best beside those of Workers.
        ...(isWorker ? ['--lib', 'es2023', '--skipLibCheck'] : ['--lib', 'es2023,dom,dom.iterable']),
        file,
      )
      expect(`${checked.stdout}${checked.stderr}`).toBe('')
      if (isWorker) return
      const run = inFolder(
        process.execPath,
        '--input-type=module',
        '--eval',
        `import * as all from '${from}'; console.log(Object.keys(all).length)`,
      )
      expect(Number(run.stdout)).toBeGreaterThan(0)
    },
    60_000,
  )

  test('starts, reloads and stops a proxy in a program of ten lines', async () => {
    const program = `import { createNodeProxy } from 'signalbox/node'

const routing = (to: string) => ({
  http: { routers: { all: { rule: 'PathPrefix(\`/\`)', service: 'noop@internal', middlewares: ['go'] } }, middlewares: { go: { redirectRegex: { regex: '.*', replacement: to } } } },
})
const entryPoints = { web: { address: '127.0.0.1:${await freePort()}' } }
const proxy = createNodeProxy({ install: { entryPoints, providers: { providersThrottleDuration: '0s' } }, routing: routing('http://one.test/') })
const ask = async () => (await fetch('http://' + entryPoints.web.address, { redirect: 'manual' })).headers.get('location')
await proxy.start()
console.log(await ask())
proxy.reload(routing('http://two.test/'))
while ((await ask()) !== 'http://two.test/') await new Promise((again) => setTimeout(again, 5))
await proxy.stop()
console.log('stopped')
`
    writeFileSync(path.join(folder, 'program.ts'), program)
    const { status, stdout, stderr } = inFolder(process.execPath, 'program.ts')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^http:\/\/one\.test\/\n(?:.*\n)*stopped\n$/)
  }, 60_000)

  test('makes a project of its own for Workers, which answers https at once', async () => {
    const project = path.join(folder, 'shop')
    mkdirSync(project)
    const signalbox = path.join(folder, 'node_modules/.bin/signalbox')
    const inProject = (program: string, ...args: string[]) =>
      spawnSync(program, args, { cwd: project, encoding: 'utf8', env: { ...environment, ...QUIET } })
    expect(inProject(signalbox, 'edge', 'init', '--env', 'staging,production', '--domain', 'shop.test')).toMatchObject({
      status: 0,
      stderr: '',
    })
    const { devDependencies } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))
    expect(devDependencies.signalbox).toBe(`file:../signalbox-${VERSION}.tgz`)
    expect(inProject('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')).toMatchObject({ status: 0 })
    const deployed = inProject('npx', 'wrangler', 'deploy', '--dry-run', '--env', 'staging')
    expect(`${deployed.stdout}${deployed.stderr}`).toMatch(
      /Total Upload: [\s\S]*SIGNALBOX_AUDIENCE \("shop\/staging"\)/,
    )

    const port = await freePort()
    const begun = Date.now()
    const dev = spawn(signalbox, ['edge', 'dev', '--https', '--port', String(port)], { cwd: project, env: environment })
    onTestFinished(async () => {
      dev.kill('SIGTERM')
      await once(dev, 'exit')
    })
    const answer = await until(
      () => askLocal(port).catch(() => null),
      (found) => found !== null && found.status === 200,
      60_000,
    )
    console.log(`the first answer by https came ${Date.now() - begun} ms after edge dev`)
    expect(answer?.text).toMatch(/^It works\./)
  }, 180_000)
})

const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  DO_NOT_TRACK: '1',
}

/** By https, of a certificate that is nobody's. */
async function askLocal(port: number): Promise<{ status: number; text: string }> {
  const outgoing = request({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false }).end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { status: response.statusCode!, text: await streamText(response) }
}

// Bundles what is published: dist/cli.js, dist/node.js and dist/index.js, which share chunks, dist/worker.js for the
// edge, and dist/dashboard for browsers. `--types` also writes the declarations.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleDashboard } from './dashboard.mjs'
import { bundleWorker } from './worker-modules.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const dist = path.join(root, 'dist')
const at = (...names) => path.join(root, ...names)

/** @type {import('esbuild').BuildOptions & { write: false }} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  write: false,
  logLevel: 'warning',
  legalComments: 'none',
}

/** The command loads a chunk when it needs it, so `--version` reads almost nothing. */
const node = build({
  ...shared,
  entryPoints: {
    cli: at('adapters/cli/entry.ts'),
    node: at('adapters/node/index.ts'),
    index: at('adapters/web/index.ts'),
    plugin: at('adapters/web/plugin.ts'),
    'chunks/bcrypt-worker': at('adapters/node/passwords/bcrypt-worker.ts'),
    'chunks/guest-thread': at('adapters/node/plugins/wasm/guest-thread.ts'),
    'chunks/reading-worker': at('adapters/node/reading/reading-worker.ts'),
  },
  platform: 'node',
  target: 'node22',
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  outdir: dist,
  chunkNames: 'chunks/[name]-[hash]',
  external: ['miniflare', 'wrangler'],
  // The build for browsers is the one in modules; the other is CommonJS and can't be split.
  alias: { yaml: at('node_modules/yaml/browser/index.js') },
  // ioredis is CommonJS; its `debug` would print passwords where the environment says DEBUG=*.
  plugins: [requiredBuiltins(), stub(/^debug$/, 'exports.default = () => Object.assign(() => {}, { enabled: false })')],
})

/** Without node: modules. What plans name is in modules beside it, loaded by plans that name it. */
const worker = bundleWorker({
  ...shared,
  entryPoints: { worker: at('adapters/cloudflare/worker.ts') },
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['workerd', 'worker', 'browser'],
  target: 'es2023',
  minify: true,
  splitting: true,
  outdir: dist,
  chunkNames: 'edge/[name]-[hash]',
  external: ['cloudflare:workers'],
  metafile: true,
  // bcryptjs asks Node's crypto for random salts; only hashes that exist are compared here.
  plugins: [
    stub(/^crypto$/, 'export default {}'),
    instead('src/http/phrases.ts', 'adapters/cloudflare/bridge/phrases.ts'),
    instead('src/plan/collected.ts', 'adapters/cloudflare/bridge/collected.ts'),
    written(/\/fallback\.ts$/, '../fallback.json'),
    written(/\/deployed-plugins\.ts$/, '../plugins.js'),
  ],
})

/** What plugins import, for the edge: without anything of Node. */
const pluginParts = build({
  ...shared,
  entryPoints: { 'edge-plugin': at('adapters/web/plugin.ts'), 'edge-wasm': at('adapters/cloudflare/wasm-plugin.ts') },
  platform: 'neutral',
  target: 'es2023',
  minify: true,
  outdir: dist,
})

/** What `edge dev` puts in front of the worker, in the same isolate. */
const local = build({
  ...shared,
  entryPoints: { local: at('adapters/cloudflare/local.ts') },
  platform: 'neutral',
  target: 'es2023',
  minify: true,
  outdir: dist,
  plugins: [
    {
      name: 'the built worker',
      setup(b) {
        b.onResolve({ filter: /^\.\/worker\.ts$/ }, () => ({ path: './worker.js', external: true }))
      },
    },
  ],
})

/** Static files that read the API. */
const dashboard = bundleDashboard({ ...shared, outdir: path.join(dist, 'dashboard') })

const built = await Promise.all([node, worker, local, dashboard, pluginParts])
refusePlanTime(built[1].inputs)
const files = built.flatMap(({ outputFiles }) => outputFiles)
for (const { path: file, contents } of files) {
  await mkdir(path.dirname(file), { recursive: true })
  // A file that stays the same keeps its time, so nothing that watches it wakes up.
  if (existsSync(file) && Buffer.compare(await readFile(file), contents) === 0) continue
  await writeFile(file, contents)
}
await chmod(path.join(dist, 'cli.js'), 0o755)
const current = new Set(files.map(({ path: file }) => file))
for (const folder of ['chunks', 'dashboard', 'edge']) await removeStale(path.join(dist, folder), current)

if (process.argv.includes('--types')) {
  const tsc = spawnSync(
    process.execPath,
    [at('node_modules/typescript/bin/tsc'), '--build', 'src', 'adapters/web', 'adapters/node', 'adapters/cloudflare'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  )
  process.exitCode = tsc.status ?? 1
}

/**
 * What makes plans stays out of the worker, which only links them: zod, YAML and the rule parser are half a megabyte.
 */
function refusePlanTime(inputs) {
  const planTime = inputs.filter((file) => /^src\/(?:compiler|schema|rules)\/|^src\/.*\.schema\.ts$/.test(file))
  if (planTime.length > 0) throw new Error(`the worker would hold what only plan time needs: ${planTime.join(', ')}`)
}

/** Imports that give a module of this text. */
function stub(filter, contents) {
  return {
    name: `stub ${filter}`,
    setup(b) {
      b.onResolve({ filter }, ({ path: name }) => ({ path: name, namespace: 'stub' }))
      b.onLoad({ filter, namespace: 'stub' }, () => ({ contents }))
    },
  }
}

/** Imports of one source file that another one stands for. */
function instead(file, other) {
  return {
    name: `${other} instead`,
    setup(b) {
      b.onResolve({ filter: new RegExp(`/${path.basename(file)}$`) }, ({ path: from, resolveDir }) =>
        path.resolve(resolveDir, from) === at(file) ? { path: at(other) } : undefined,
      )
    },
  }
}

/** Imports of a file that is written after the build, if at all; `file` as chunks see it. */
function written(filter, file) {
  return {
    name: `written ${file}`,
    setup(b) {
      b.onResolve({ filter }, () => ({ path: file, external: true }))
    },
  }
}

/** Lets CommonJS inside a module require what is part of Node. */
function requiredBuiltins() {
  return {
    name: 'required builtins',
    setup(b) {
      b.onResolve({ filter: /^[a-z:_/]+$/ }, ({ kind, path: name }) =>
        kind === 'require-call' && isBuiltin(name) ? { path: name, namespace: 'builtin' } : undefined,
      )
      b.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(name)})`,
      }))
    },
  }
}

async function removeStale(directory, current) {
  if (!existsSync(directory)) return
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name)
    if (!current.has(file)) await rm(file)
  }
}

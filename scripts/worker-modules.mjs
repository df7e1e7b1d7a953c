// Bundles the worker into few modules. esbuild by itself makes one for each set of files that is shared by the same
// others: a hundred, most of them of a few hundred bytes, each of which is loaded, uploaded and listed by itself.
import path from 'node:path'
import { build } from 'esbuild'
import { minified, twoNames, withoutEmpty, withShortNames } from './worker-names.mjs'

/** An output with less than this is not worth a module of its own. */
const SMALL = 1024

const middlewares = (...names) => names.map((name) => `src/middlewares/${name}/${name}.ts`)
const services = (...names) => names.map((name) => `src/services/${name}/${name}.ts`)

/** What is loaded on demand and goes together: asking for one of the files loads the module with all of them. */
const TOGETHER = {
  paths: middlewares(
    'add-prefix',
    'redirect-regex',
    'redirect-scheme',
    'replace-path',
    'replace-path-regex',
    'request-redirect',
    'strip-prefix',
    'strip-prefix-regex',
    'url-rewrite',
  ),
  fields: middlewares('content-type', 'cors', 'header-modifier', 'headers'),
  nginx: middlewares('app-root', 'auth-tls-pass-certificate', 'rewrite-target', 'snippet', 'upstream-vhost'),
  answers: middlewares(
    'chain',
    'encoded-characters',
    'errors',
    'in-flight-req',
    'ip-allow-list',
    'maintenance',
    'pass-tls-client-cert',
    'respond',
  ),
  balancing: ['src/engine/health/table.ts', 'src/services/load-balancer/balancing.ts'],
  passwords: middlewares('basic-auth', 'digest-auth'),
  services: services('failover', 'highest-random-weight', 'mirroring', 'weighted'),
  internal: [
    'adapters/cloudflare/plugins.ts',
    'adapters/cloudflare/internal.ts',
    'src/api/internal-services.ts',
    'src/api/ping.ts',
  ],
  health: [
    'adapters/cloudflare/flags.ts',
    'adapters/cloudflare/scheduled.ts',
    'adapters/cloudflare/state/health-of.ts',
    'src/engine/health/http-check.ts',
  ],
  object: ['adapters/cloudflare/state/health-object.ts', 'adapters/cloudflare/state/token-shard.ts'],
  status: [
    'adapters/cloudflare/debug-header.ts',
    'adapters/cloudflare/state/status-board.ts',
    'adapters/cloudflare/status-answer.ts',
    'adapters/cloudflare/telling.ts',
  ],
  explain: [
    'src/runtime/explain/explain.ts',
    ...[
      'basic-auth',
      'buffering',
      'circuit-breaker',
      'compress',
      'digest-auth',
      'errors',
      'forward-auth',
      'in-flight-req',
      'rate-limit',
      'retry',
    ].map((name) => `src/middlewares/${name}/${name}.effect.ts`),
  ],
  rare: [
    'adapters/cloudflare/bridge/encoded-body.ts',
    'adapters/cloudflare/bridge/read-certificates.ts',
    'adapters/cloudflare/guard.ts',
    'adapters/cloudflare/location-cache.ts',
    'adapters/cloudflare/secrets.ts',
    'src/plan/revoked.ts',
    'src/runtime/guide-of.ts',
    'src/runtime/linking/internal-service.ts',
    'src/runtime/linking/router-tree.ts',
    'src/runtime/linking/secrets.ts',
    'src/runtime/routing/refusing-returns.ts',
    'src/runtime/routing/router-timeouts.ts',
  ],
  large: ['src/plan/large-plan.ts', 'src/runtime/linking/indexed-routes.ts'],
  log: [
    'adapters/cloudflare/bridge/watched.ts',
    'adapters/cloudflare/observers.ts',
    'src/telemetry/access-log/access-log.ts',
  ],
  collectors: [
    'adapters/cloudflare/counts.ts',
    'adapters/cloudflare/spans.ts',
    'src/telemetry/metrics/observer.ts',
    'src/telemetry/tracing/observer.ts',
    'src/telemetry/tracing/tracer.ts',
  ],
}

/** What keeps content in memory, which few middlewares and services share. */
const CONTENT = [
  'src/http/kept.ts',
  'src/http/mapped-body.ts',
  'src/http/read-ahead.ts',
  'src/http/replay.ts',
  'src/middlewares/shared/broken-content.ts',
]

/**
 * Bundles with options of esbuild, among them one entry point. `inputs`: every file that is in it, relative to the
 * folder of the build.
 */
export async function bundleWorker(options) {
  const root = options.absWorkingDir
  const entry = path.relative(root, options.entryPoints.worker)
  // As it would be without further ado: what there is, and who asks for what.
  const whole = await build({ ...options, plugins: [...options.plugins, loadedTogether(root, exportsOf)] })
  const { metafile } = whole

  const start = reached(entry, metafile.inputs)
  start.delete(entry)
  const taken = new Set([entry, ...start])
  const content = new Set(CONTENT.filter((file) => !taken.has(file)))
  const rest = smallFiles(metafile, new Set([...taken, ...content]), start)
  const merged = Object.entries({ start, content, small: rest })
  const demanded = onDemand(metafile.inputs)
  const isUsed = usedIn(whole.outputFiles)
  const names = await namesOf(Object.values(TOGETHER).flat(), root)
  const usedOf = (file) => names.get(file).flatMap(([name]) => (isUsed(name) ? name : []))
  const together = loadedTogether(root, (files) => files.map((file) => exporting(usedOf(file), file)).join(''))
  const plugins = merged.map(([name, files]) => inPlaceOf(files, name, demanded, options))
  const { outputFiles } = await build({
    ...options,
    plugins: [together, ...(await Promise.all(plugins)), ...options.plugins],
  })
  return {
    outputFiles: withShortNames(await minified(withoutEmpty(outputFiles))),
    inputs: Object.keys(metafile.inputs),
  }
}

/** What is read before the first request: the entry and all that it imports. */
function reached(entry, inputs) {
  const seen = new Set()
  const add = (file) => {
    if (seen.has(file) || inputs[file] === undefined) return
    seen.add(file)
    for (const { path: from, kind } of inputs[file].imports) if (kind === 'import-statement') add(from)
  }
  add(entry)
  return seen
}

/** Files of small outputs that need nothing but one another and what is read first. */
function smallFiles({ inputs, outputs }, taken, start) {
  const small = new Set(
    Object.values(outputs)
      .filter(({ bytes }) => bytes < SMALL)
      .flatMap((output) => Object.keys(output.inputs))
      .filter((file) => /^[a-z].*\.ts$/.test(file) && !file.includes(':') && !taken.has(file)),
  )
  const isClosed = (file) => inputs[file].imports.every(({ path: from }) => small.has(from) || start.has(from))
  for (let open = [null]; open.length > 0; ) {
    open = [...small].filter((file) => !isClosed(file))
    for (const file of open) small.delete(file)
  }
  return small
}

/** The text of some files as one, whose imports of others stay. */
async function oneFile(files, contents, { absWorkingDir: root, platform, target, external }) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    write: false,
    platform,
    target,
    external,
    stdin: { contents, resolveDir: root, loader: 'js' },
    plugins: [
      {
        name: 'others stay outside',
        setup(b) {
          b.onResolve({ filter: /^\.\.?\// }, ({ kind, path: from, resolveDir }) => {
            if (external.includes(from)) return { path: from, external: true }
            const file = path.relative(root, path.resolve(resolveDir, from))
            return kind === 'import-statement' && files.has(file) ? undefined : { path: `./${file}`, external: true }
          })
        },
      },
    ],
  })
  return outputFiles[0].text
}

const exporting = (names, file) => `export { ${names.join(', ')} } from ${JSON.stringify(`./${file}`)}\n`

const exportsOf = (files) => files.map((file) => `export * from ${JSON.stringify(`./${file}`)}\n`).join('')

/** Whether somebody may ask a module for what it exports by a name: there is nothing but the list of exports that has it. */
function usedIn(outputFiles) {
  const words = new Set(outputFiles.flatMap(({ text }) => text.replace(/export\{[^}]*\}/g, '').match(/[\w$]+/g)))
  return (name) => words.has(name)
}

/** Files that are asked for while the worker runs. */
const onDemand = (inputs) =>
  new Set(
    Object.values(inputs)
      .flatMap(({ imports }) => imports)
      .filter(({ kind }) => kind === 'dynamic-import')
      .map(({ path: file }) => file),
  )

/** What each of the files exports: the name, and what it is called where all of them are one text. */
async function namesOf(files, root) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: files,
    outdir: 'names',
    bundle: false,
    write: false,
    metafile: true,
  })
  const names = Object.values(metafile.outputs).map(({ entryPoint, exports }) => ({ entryPoint, exports }))
  const all = names.flatMap(({ exports }) => exports)
  const isShared = (name) => all.indexOf(name) !== all.lastIndexOf(name)
  return new Map(
    names.map(({ entryPoint, exports }, at) => [
      entryPoint,
      exports.map((name) => [name, isShared(name) ? `${name}$${at}` : name]),
    ]),
  )
}

/** Imports of any of the files are imports of the one text: of all that is asked for of it on demand, if they are. */
async function inPlaceOf(files, module, demanded, options) {
  const root = options.absWorkingDir
  const own = await namesOf([...files], root)
  const text = [...own].map(([file, names]) =>
    exporting(
      names.map(([name, inside]) => twoNames(name, inside)),
      file,
    ),
  )
  const contents = await oneFile(files, text.join(''), options)
  const partOf = (some) => {
    const names = some.flatMap((file) => own.get(file)).map(([name, inside]) => twoNames(inside, name))
    return { contents: `export { ${names.join(', ')} } from 'the one text'`, loader: 'js' }
  }
  return {
    name: module,
    setup(b) {
      b.onResolve({ filter: /^\.\.?\// }, ({ kind, path: from, resolveDir }) => {
        const file = path.relative(root, path.resolve(resolveDir, from))
        if (!files.has(file)) return undefined
        return kind === 'dynamic-import'
          ? { path: module, namespace: `${module} on demand` }
          : { path: file, namespace: `${module} by name` }
      })
      b.onResolve({ filter: /^the one text$/ }, ({ namespace }) =>
        namespace.startsWith(`${module} `) ? { path: module, namespace: module } : undefined,
      )
      b.onLoad({ filter: /.*/, namespace: module }, () => ({ contents, resolveDir: root, loader: 'js' }))
      b.onLoad({ filter: /.*/, namespace: `${module} by name` }, ({ path: file }) => partOf([file]))
      b.onLoad({ filter: /.*/, namespace: `${module} on demand` }, () =>
        partOf([...files].filter((file) => demanded.has(file))),
      )
    },
  }
}

function loadedTogether(root, exportsOf) {
  const groupOf = (file) => Object.keys(TOGETHER).find((group) => TOGETHER[group].includes(file))
  return {
    name: 'loaded together',
    setup(b) {
      b.onResolve({ filter: /^\.\.?\// }, ({ kind, path: from, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const group = groupOf(path.relative(root, path.resolve(resolveDir, from)))
        return group === undefined ? undefined : { path: group, namespace: 'together' }
      })
      b.onLoad({ filter: /.*/, namespace: 'together' }, ({ path: group }) => ({
        contents: exportsOf(TOGETHER[group]),
        resolveDir: root,
        loader: 'js',
      }))
    },
  }
}

// Bundles the worker into few modules. esbuild by itself makes one for each set of files that is shared by the same
// others: a hundred, most of them of a few hundred bytes, each of which is loaded, uploaded and listed by itself.
import path from 'node:path'
import { build } from 'esbuild'
import { minify } from 'terser'

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
  log: ['adapters/cloudflare/observers.ts', 'src/telemetry/access-log/access-log.ts'],
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
  const together = loadedTogether(root)
  const { metafile } = await build({ ...options, plugins: [...options.plugins, together] })

  const start = reached(entry, metafile.inputs)
  start.delete(entry)
  const taken = new Set([entry, ...start])
  const content = new Set(CONTENT.filter((file) => !taken.has(file)))
  const rest = smallFiles(metafile, new Set([...taken, ...content]), start)
  const merged = Object.entries({ start, content, small: rest })
  const plugins = merged.map(([name, files]) => inPlaceOf(files, name, options))
  const { outputFiles } = await build({
    ...options,
    plugins: [...(await Promise.all(plugins)), ...options.plugins, together],
  })
  const smaller = await Promise.all(withoutEmpty(outputFiles).map(minified))
  return { outputFiles: withShortNames(withOwnNames(smaller)), inputs: Object.keys(metafile.inputs) }
}

/** esbuild looks at one expression at a time; what looks at whole functions leaves 3 % less. */
async function minified({ path: file, contents }) {
  const { code } = await minify(new TextDecoder().decode(contents), {
    module: true,
    ecma: 2020,
    compress: {
      passes: 3,
      unsafe_arrows: true,
      lhs_constants: false,
      pure_getters: true,
      global_defs: { '@Number.POSITIVE_INFINITY': '1 / 0', '@Number.NEGATIVE_INFINITY': '-1 / 0' },
    },
    format: { comments: false },
  })
  return { path: file, contents: new TextEncoder().encode(code) }
}

/**
 * What chunks export to each other goes by the name that it has inside, so that no list of exports needs two for each.
 * Only modules that are asked for at run time are known to others by what they export.
 */
function withOwnNames(outputFiles) {
  const texts = new Map(
    outputFiles.map(({ path: file, contents }) => [path.basename(file), new TextDecoder().decode(contents)]),
  )
  const own = new Map()
  for (const [name, text] of texts) {
    const names = name.startsWith('chunk-') ? namesIn(EXPORTS.exec(text)[1]) : []
    if (names.length > 0) own.set(name, new Map(names.map(([inside, outside]) => [outside, inside])))
  }
  return outputFiles.map(({ path: file }) => {
    const name = path.basename(file)
    const text = texts.get(name).replace(/(import|export)\{([^}]*)\}from"([^"]*)"/g, (all, kind, list, from) => {
      const inside = own.get(path.basename(from))
      if (inside === undefined) return all
      const names = namesIn(list).map(([theirs, ours]) => twoNames(inside.get(theirs), ours))
      return `${kind}{${names.join(',')}}from"${from}"`
    })
    const exported = own.get(name)
    const exports = exported === undefined ? null : [...new Set(exported.values())].join(',')
    return {
      path: file,
      contents: new TextEncoder().encode(exports === null ? text : text.replace(EXPORTS, `export{${exports}};`)),
    }
  })
}

/** The list at the end of a minified module. */
const EXPORTS = /export\{([^}]*)\};?$/

const namesIn = (list) =>
  list.split(',').map((item) => {
    const [first, second = first] = item.split(' as ')
    return [first, second]
  })

const twoNames = (first, second) => (first === second ? first : `${first} as ${second}`)

/** Where namesakes were told apart nothing may be left of a module but imports of it. */
function withoutEmpty(outputFiles) {
  const empty = outputFiles.filter(({ contents }) => contents.length === 0).map((file) => path.basename(file.path))
  return outputFiles
    .filter(({ contents }) => contents.length > 0)
    .map((file) => {
      const text = empty.reduce((left, name) => left.replace(new RegExp(`import"[./a-z]*/${name}";`), ''), file.text)
      return { path: file.path, contents: new TextEncoder().encode(text) }
    })
}

/** All modules of a worker are deployed together: nobody needs hashes, which no compression makes shorter. */
function withShortNames(outputFiles) {
  const names = new Map()
  for (const name of outputFiles.map((file) => path.basename(file.path)).sort()) {
    const [, own] = /^(.+)-[A-Z0-9]{8}\.js$/.exec(name) ?? []
    if (own !== undefined) names.set(name, own === 'chunk' ? `${names.size}.js` : `${own}.js`)
  }
  if (new Set(names.values()).size < names.size) throw new Error('two modules of the worker have one name')
  return outputFiles.map(({ path: file, contents }) => {
    const text = new TextDecoder()
      .decode(contents)
      .replace(/[\w-]+-[A-Z0-9]{8}\.js(?=")/g, (name) => names.get(name) ?? name)
    const name = names.get(path.basename(file)) ?? path.basename(file)
    return { path: path.join(path.dirname(file), name), contents: new TextEncoder().encode(text) }
  })
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

const exportsOf = (files) => files.map((file) => `export * from ${JSON.stringify(`./${file}`)}\n`).join('')

/** Names that several of the files export: for each file its own of them, and what they are called in the one text. */
async function namesakes(files, root) {
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
  return new Map(
    names.map(({ entryPoint, exports }, at) => [
      entryPoint,
      exports
        .filter((name) => all.indexOf(name) !== all.lastIndexOf(name))
        .map((name) => ({ name, alias: `${name}$${at}` })),
    ]),
  )
}

/** Imports of any of the files, at once or on demand, are imports of the one text. */
async function inPlaceOf(files, module, options) {
  const root = options.absWorkingDir
  const own = await namesakes([...files], root)
  const aliases = [...own].flatMap(([file, names]) =>
    names.map(({ name, alias }) => `export { ${name} as ${alias} } from ${JSON.stringify(`./${file}`)}\n`),
  )
  const contents = await oneFile(files, exportsOf([...files].sort()) + aliases.join(''), options)
  return {
    name: module,
    setup(b) {
      b.onResolve({ filter: /^\.\.?\// }, ({ path: from, resolveDir }) => {
        const file = path.relative(root, path.resolve(resolveDir, from))
        if (!files.has(file)) return undefined
        return own.get(file).length === 0
          ? { path: module, namespace: module }
          : { path: file, namespace: `${module} by name` }
      })
      b.onResolve({ filter: /^the one text$/, namespace: `${module} by name` }, () => ({
        path: module,
        namespace: module,
      }))
      b.onLoad({ filter: /.*/, namespace: module }, () => ({ contents, resolveDir: root, loader: 'js' }))
      b.onLoad({ filter: /.*/, namespace: `${module} by name` }, ({ path: file }) => ({
        contents: [
          `export * from 'the one text'\n`,
          ...own.get(file).map(({ name, alias }) => `export { ${alias} as ${name} } from 'the one text'\n`),
        ].join(''),
        loader: 'js',
      }))
    },
  }
}

function loadedTogether(root) {
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

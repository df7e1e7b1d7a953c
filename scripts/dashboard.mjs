// Bundles the dashboard: a page, a style sheet, a program, an icon, with hashes in their names, and copies of each that
// take fewer bytes.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Copies are for servers of our own: the network in front of a worker makes its own. */
const IGNORED_ASSETS = '*.br\n*.gz\n'

/**
 * Bundles with options of esbuild, among them the folder of the build and where it goes.
 */
export async function bundleDashboard(options) {
  const { absWorkingDir: root, outdir } = options
  const source = (/** @type {string} */ name) => path.join(root, 'dashboard', name)
  const { outputFiles } = await build({
    ...options,
    entryPoints: { app: source('main.tsx'), style: source('styles/main.css'), favicon: source('favicon.svg') },
    entryNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
  })
  let page = await readFile(source('index.html'), 'utf8')
  for (const [name, written] of Object.entries({ 'main.js': 'app', 'main.css': 'style', 'favicon.svg': 'favicon' })) {
    const file = outputFiles.map((one) => path.basename(one.path)).find((one) => one.startsWith(`${written}-`))
    if (file === undefined || !page.includes(`"./${name}"`)) throw new Error(`the page has no ${name}`)
    page = page.replace(`"./${name}"`, `"./${file}"`)
  }
  const files = [...outputFiles, { path: path.join(outdir, 'index.html'), contents: Buffer.from(page) }].map(
    ({ path: file, contents }) => ({ path: file, contents }),
  )
  const copies = files.flatMap(({ path: file, contents }) => [
    { path: `${file}.br`, contents: brotli(contents) },
    { path: `${file}.gz`, contents: gzipSync(contents, { level: 9 }) },
  ])
  const ignored = { path: path.join(outdir, '.assetsignore'), contents: Buffer.from(IGNORED_ASSETS) }
  return { outputFiles: [...files, ...copies, ignored] }
}

const brotli = (/** @type {Uint8Array} */ contents) =>
  brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { VERSION } from '../../../../src/version.ts'
import { EdgeError } from '../edge-error.ts'

/** The folder that holds the `package.json` of this program. */
export function packageFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url))
  while (!existsSync(path.join(folder, 'package.json')) && folder !== path.dirname(folder))
    folder = path.dirname(folder)
  return folder
}

/** The exact versions of what a Worker is tried and deployed with. @throws EdgeError */
export function toolVersions(): { readonly miniflare: string; readonly wrangler: string } {
  const file = path.join(packageFolder(), 'package.json')
  const { peerDependencies: { miniflare, wrangler } = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    peerDependencies?: Record<string, string>
  }
  if (miniflare === undefined || wrangler === undefined)
    throw new EdgeError(`${file} does not name miniflare and wrangler`)
  return { miniflare, wrangler }
}

/**
 * How a project in `folder` asks npm for the package that runs here: by its version where it came from a registry, else
 * from where it came.
 */
export function packageSpec(folder: string): string {
  const own = packageFolder()
  const modules = path.dirname(own)
  const resolved = path.basename(modules) === 'node_modules' ? resolvedIn(modules, path.basename(own)) : null
  if (resolved === null) return `file:${relative(folder, own)}`
  if (!resolved.startsWith('file:')) return /^https?:.*\.tgz$/.test(resolved) ? VERSION : resolved
  return `file:${relative(folder, path.resolve(modules, '..', resolved.slice('file:'.length)))}`
}

/** npm writes where it took packages from beside them; null: not for this one. */
function resolvedIn(modules: string, name: string): string | null {
  const file = path.join(modules, '.package-lock.json')
  if (!existsSync(file)) return null
  const { packages = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages?: Record<string, { readonly resolved?: string }>
  }
  return packages[`node_modules/${name}`]?.resolved ?? null
}

const relative = (from: string, to: string): string => path.relative(from, to).split(path.sep).join('/') || '.'

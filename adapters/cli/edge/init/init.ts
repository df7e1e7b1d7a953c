import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { EdgeError } from '../edge-error.ts'
import { generateSigningKey, loadSigningKey } from '../signing-keys.ts'
import { packageFolder, packageSpec, toolVersions } from './installed-package.ts'
import { workflow } from './workflow.ts'
import { type WorkerProject, wranglerConfig } from './wrangler-config.ts'

/** The routing configuration that commands take where none is named. */
export const ROUTING_FILE = 'dynamic.yml'
/** What plans are signed with. */
export const KEY_FILE = 'signing-key.pem'

/** What became of a file. */
export interface InitFile {
  readonly file: string
  readonly did: 'written' | 'extended' | 'kept'
}

/**
 * Writes what a Worker that serves plans needs into a folder, with a signing key of its own. A file that is there stays
 * as it is; to `.gitignore` lines are added.
 * @throws EdgeError for what can't be written
 */
export async function initProject(folder: string, project: WorkerProject): Promise<readonly InitFile[]> {
  try {
    // Before there is a key that must not be committed.
    const ignored = ignore(folder)
    const key = await signingKey(folder)
    const files: readonly (readonly [string, string])[] = [
      ['wrangler.jsonc', wranglerConfig(project, key.publicKey)],
      ['package.json', manifest(folder, project)],
      [ROUTING_FILE, readFileSync(path.join(packageFolder(), 'examples/edge', ROUTING_FILE), 'utf8')],
      ['.github/workflows/signalbox.yml', workflow(project, ROUTING_FILE)],
    ]
    return [...files.map(([file, text]) => write(folder, file, text)), { file: KEY_FILE, did: key.did }, ignored]
  } catch (error) {
    if (error instanceof EdgeError) throw error
    throw new EdgeError(`the project can't be written: ${(error as Error).message}`)
  }
}

async function signingKey(folder: string): Promise<{ readonly publicKey: string; readonly did: InitFile['did'] }> {
  const place = path.join(folder, KEY_FILE)
  if (existsSync(place)) return { publicKey: (await loadSigningKey(place, {})).publicKey, did: 'kept' }
  const { pem, publicKey } = await generateSigningKey()
  writeFileSync(place, pem, { mode: 0o600, flag: 'wx' })
  return { publicKey, did: 'written' }
}

/** Development dependencies of a project, by name. */
export const neededPackages = (folder: string): Readonly<Record<string, string>> => {
  const { miniflare, wrangler } = toolVersions()
  return { miniflare, signalbox: packageSpec(folder), wrangler }
}

function manifest(folder: string, { name }: WorkerProject): string {
  const content = {
    name,
    private: true,
    type: 'module',
    scripts: {
      dev: 'signalbox edge dev --https',
      check: `signalbox check --target edge ${ROUTING_FILE}`,
    },
    devDependencies: neededPackages(folder),
    allowScripts: { esbuild: true, workerd: true },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

function write(folder: string, file: string, text: string): InitFile {
  const place = path.join(folder, file)
  mkdirSync(path.dirname(place), { recursive: true })
  // Another may have come between; it is kept as well.
  if (existsSync(place)) return { file, did: 'kept' }
  writeFileSync(place, text, { flag: 'wx' })
  return { file, did: 'written' }
}

function ignore(folder: string): InitFile {
  const file = '.gitignore'
  const place = path.join(folder, file)
  const before = existsSync(place) ? readFileSync(place, 'utf8') : null
  const present = new Set((before ?? '').split(/\r?\n/).map((line) => line.trim()))
  const missing = [KEY_FILE, 'node_modules/', '.wrangler/'].filter((line) => !present.has(line))
  if (missing.length === 0) return { file, did: 'kept' }
  const isCut = before !== null && before !== '' && !before.endsWith('\n')
  appendFileSync(place, `${isCut ? '\n' : ''}${missing.join('\n')}\n`)
  return { file, did: before === null ? 'written' : 'extended' }
}

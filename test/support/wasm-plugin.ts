import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** What a plugin in WebAssembly says of itself. */
export const MANIFEST = `displayName: Test
type: middleware
runtime: wasm
summary: Test
testData: {}
`

/** A folder with local plugins, as Traefik has them: `example.org/NAME`. */
export function folderOfPlugins(modules: Readonly<Record<string, Uint8Array>>): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wasm-plugins-'))
  for (const [name, code] of Object.entries(modules)) {
    const home = path.join(folder, 'plugins-local/src/example.org', name)
    mkdirSync(home, { recursive: true })
    writeFileSync(path.join(home, '.traefik.yml'), MANIFEST)
    writeFileSync(path.join(home, 'plugin.wasm'), code)
  }
  return folder
}

export const localFlag = (name: string, more = ''): string =>
  `--experimental.localPlugins.${name}.${more === '' ? `moduleName=example.org/${name}` : `settings.${more}`}`

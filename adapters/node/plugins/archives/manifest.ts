import { readTree } from '../../../../src/compiler/decode/read.ts'

/** What a plugin says of itself in `.traefik.yml`. */
export interface Manifest {
  /** Go for Traefik's interpreter, or WebAssembly. */
  readonly runtime: 'yaegi' | 'wasm'
  /** The module, from the folder of the manifest. */
  readonly wasmPath: string
}

export const MANIFEST = '.traefik.yml'

/**
 * Reads one.
 * @param module its name, for what is wrong
 * @param isLocal what a catalogue has checked is looked at too
 * @throws Error with all that is wrong with it
 */
export function parseManifest(text: string, module: string, isLocal: boolean): Manifest {
  const { value, problems } = readTree(text, 'yaml', MANIFEST)
  const broken = problems.find(({ severity }) => severity === 'error')
  if (broken !== undefined) throw new Error(`failed to decode the plugin manifest of ${module}: ${broken.message}`)
  const own = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const textOf = (key: string): string => {
    const found = Object.entries(own).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
    return typeof found === 'string' ? found : ''
  }
  const [type, runtime, wasmPath] = [textOf('type'), textOf('runtime') || 'yaegi', textOf('wasmPath') || 'plugin.wasm']
  const faults: string[] = []
  if (type !== 'middleware' && type !== 'provider') faults.push(`${module}: unsupported type ${JSON.stringify(type)}`)
  if (runtime !== 'yaegi' && (runtime !== 'wasm' || type === 'provider')) {
    faults.push(`${module}: unsupported runtime ${JSON.stringify(runtime)}`)
  }
  // One in Go is refused anyway.
  if (isLocal && runtime === 'wasm') {
    if (textOf('displayName') === '') faults.push(`${module}: missing DisplayName`)
    if (textOf('summary') === '') faults.push(`${module}: missing Summary`)
    if (own.testData === undefined || own.testData === null) faults.push(`${module}: missing TestData`)
  }
  if (!isInside(wasmPath)) faults.push(`${module}: wasmPath must be a local path`)
  if (faults.length > 0) throw new Error(faults.join('; '))
  return { runtime: runtime as Manifest['runtime'], wasmPath }
}

/** It leads nowhere else: neither from the root, nor up. */
function isInside(name: string): boolean {
  if (name.startsWith('/') || /[\0\\]/.test(name)) return false
  let depth = 0
  for (const part of name.split('/')) {
    if (part === '..') depth--
    else if (part !== '' && part !== '.') depth++
    if (depth < 0) return false
  }
  return depth > 0
}

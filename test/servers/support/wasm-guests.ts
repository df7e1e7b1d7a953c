import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../../..')
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox')

/** What they are built of, in the order in which `.ci/servers` has it. */
const SOURCES = [
  'examples/plugins/rust/src/handler.rs',
  'examples/plugins/rust/src/lib.rs',
  'test/servers/wasm/go/go.mod',
  'test/servers/wasm/go/main.go',
  'test/servers/wasm/probe.rs',
]

/** A guest that `.ci/servers` has built. */
export function guestModule(name: 'probe' | 'stamp' | 'go'): Uint8Array<ArrayBuffer> {
  const digest = createHash('sha256')
  for (const file of SOURCES) digest.update(readFileSync(path.join(root, file)))
  const file = path.join(cache, `wasm-guests-${digest.digest('hex').slice(0, 16)}`, `${name}.wasm`)
  if (!existsSync(file)) throw new Error(`${file} is not there: .ci/servers builds it`)
  return new Uint8Array(readFileSync(file))
}

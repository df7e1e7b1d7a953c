import { statSync } from 'node:fs'
import { formatOf, readTree } from '../../../src/compiler/decode/read.ts'
import { traefikInstallSchema } from '../../../src/compiler/install/install.ts'
import { isRecord } from '../../../src/plan/signed-line.ts'
import { placeOf, readTextFile } from '../../node/providers/file/source.ts'
import { EdgeError } from './edge-error.ts'

const INSTALL = new Set(Object.keys(traefikInstallSchema.shape).map((name) => name.toLowerCase()))
const ROUTING = new Set(['http', 'tcp', 'udp', 'tls'])

/**
 * Refuses an install configuration where a routing configuration is wanted.
 * @param command `edge push`
 * @throws EdgeError with the command that was probably meant
 */
export function refuseInstallFile(file: string, command: string): void {
  const format = formatOf(file)
  if (format === null || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return
  const { value } = readTree(readTextFile(file), format, file)
  if (!isRecord(value)) return
  const names = Object.keys(value)
  if (names.some((name) => ROUTING.has(name.toLowerCase()))) return
  const found = names.filter((name) => INSTALL.has(name.toLowerCase()))
  if (found.length === 0) return
  const routing = routingFileOf(value) ?? 'routing.yml'
  throw new EdgeError(
    `${file} is an install configuration (${found.slice(0, 3).join(', ')}): nothing was published. Did you mean \`signalbox ${command} --config ${routing} --configFile ${file}\`?`,
  )
}

/** Where its file provider reads from. */
function routingFileOf({ providers }: Readonly<Record<string, unknown>>): string | null {
  const file = isRecord(providers) && isRecord(providers.file) ? providers.file : {}
  const place: unknown = placeOf(file)
  return typeof place === 'string' && place !== '' ? place : null
}

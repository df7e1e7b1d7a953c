import { lookup } from 'node:dns/promises'
import type { Decoded } from '../../../../src/compiler/decode/decode.ts'
import type { TreeFormat } from '../../../../src/compiler/decode/tree.ts'
import type { DynamicConfig } from '../../../../src/compiler/dynamic/dynamic.ts'
import { type DynamicReading, readDynamicFile, readDynamicText } from '../../../../src/compiler/dynamic/read.ts'
import { nodeTemplatePorts } from '../../templates.ts'

/** All names of one file together are resolved within so long. */
const RESOLVE_MS = 2_000
/** Names of one file; more have no address. */
const MAX_HOSTS = 100
/** Names may follow from addresses of others, but not for ever. */
const MAX_ROUNDS = 10

/** Stands for an address until it is known, so that one rendering finds all the names that are asked for. */
const PLACEHOLDER = '0.0.0.0'

/** What becomes of the template that a text may be; `shown`: what it gives is handed over too, for the log. */
export type TemplateUse = 'none' | 'rendered' | 'shown'

export interface FileReading extends Decoded<DynamicConfig> {
  /** What the template gave; null: nobody asked, or there is none. */
  readonly rendered: string | null
}

/** Reads a file whose template may ask for the addresses of hosts (`getHostByName`), which are resolved first. */
export async function readFileHere(
  text: string,
  format: TreeFormat,
  file: string,
  templates: TemplateUse,
): Promise<FileReading> {
  if (templates === 'none') return { ...readDynamicText(text, format, file), rendered: null }
  return shown(await readResolved(text, format, file), templates)
}

/** The same without waiting; null where names have to be resolved. */
export function readFileNow(
  text: string,
  format: TreeFormat,
  file: string,
  templates: Exclude<TemplateUse, 'none'>,
): FileReading | null {
  const { reading, unknown } = readWith(new Map(), text, format, file)
  return unknown.size === 0 ? shown(reading, templates) : null
}

const shown = ({ value, problems, tree: { source } }: DynamicReading, templates: TemplateUse): FileReading => ({
  value,
  problems,
  rendered: templates === 'shown' ? (source.rendered ?? null) : null,
})

/** As `readFileHere`, with the tree. */
export async function readResolved(text: string, format: TreeFormat, file: string): Promise<DynamicReading> {
  const addresses = new Map<string, readonly string[]>()
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { reading, unknown } = readWith(addresses, text, format, file)
    const wanted = [...unknown].slice(0, MAX_HOSTS - addresses.size)
    if (unknown.size === 0) return reading
    if (wanted.length === 0) break
    await Promise.all(wanted.map(async (host) => addresses.set(host, await addressesOf(host))))
  }
  return readDynamicFile(
    text,
    format,
    file,
    nodeTemplatePorts((host) => addresses.get(host) ?? []),
  )
}

function readWith(
  addresses: ReadonlyMap<string, readonly string[]>,
  text: string,
  format: TreeFormat,
  file: string,
): { readonly reading: DynamicReading; readonly unknown: ReadonlySet<string> } {
  const unknown = new Set<string>()
  const ports = nodeTemplatePorts((host) => {
    const known = addresses.get(host)
    if (known === undefined) unknown.add(host)
    return known ?? [PLACEHOLDER]
  })
  return { reading: readDynamicFile(text, format, file, ports), unknown }
}

/** None where there is no such host, or nobody says so in time. */
async function addressesOf(host: string): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), RESOLVE_MS)
  })
  const found = lookup(host, { all: true, order: 'verbatim' }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  )
  const addresses = await Promise.race([found, late])
  clearTimeout(timer)
  return addresses
}

import { type Attributes, type AttributeValue, writeAttributes } from './attributes.ts'
import type { ProtoWriter } from './protobuf.ts'

/** Who sends: attributes that all data of a sender have in common. */
export type Resource = Attributes

/** What an operator says of a sender. */
export interface ResourceOptions {
  readonly serviceName: string
  readonly resourceAttributes: Readonly<Record<string, string>>
  /** Of this package. */
  readonly version: string
}

/**
 * The resource of a sender, as Traefik puts it together (`pkg/observability/types/tracing.go`): what was found out, then
 * name and version of the service, then what options say, then `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`;
 * the last wins.
 * @param detected what is known of the machine and of the process
 */
export function resourceOf(
  { serviceName, resourceAttributes, version }: ResourceOptions,
  detected: Readonly<Record<string, AttributeValue>>,
  env: Readonly<Record<string, string | undefined>>,
): Resource {
  const attributes = new Map<string, AttributeValue>([
    ...Object.entries(detected),
    ['telemetry.sdk.language', SDK.language],
    ['telemetry.sdk.name', SDK.name],
    ['telemetry.sdk.version', version],
    ['service.name', serviceName],
    ['service.version', version],
    ...Object.entries(resourceAttributes),
    ...attributesOfEnvironment(env),
  ])
  return [...attributes].sort(([a], [b]) => (a < b ? -1 : 1)).flat()
}

const SDK = { language: 'nodejs', name: 'signalbox' } as const

/** `name=value` with commas between them, values escaped as in URLs; what is no pair is left out. */
function attributesOfEnvironment(env: Readonly<Record<string, string | undefined>>): [string, string][] {
  const pairs = (env.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',').flatMap((text): [string, string][] => {
    const at = text.indexOf('=')
    const name = text.slice(0, at).trim()
    return at < 1 || name === '' ? [] : [[name, unescaped(text.slice(at + 1).trim())]]
  })
  const name = env.OTEL_SERVICE_NAME ?? ''
  return name === '' ? pairs : [...pairs, ['service.name', name]]
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Writes a `Resource`. */
export function writeResource(writer: ProtoWriter, field: number, resource: Resource): void {
  const begin = writer.begin(field)
  writeAttributes(writer, 1, resource)
  writer.end(begin)
}

/** Writes an `InstrumentationScope`. @param version empty: none */
export function writeScope(writer: ProtoWriter, field: number, name: string, version: string): void {
  const begin = writer.begin(field)
  writer.string(1, name)
  if (version !== '') writer.string(2, version)
  writer.end(begin)
}

/** Name under which Traefik measures: what was made for its data goes on working. */
export const SCOPE = 'github.com/traefik/traefik'

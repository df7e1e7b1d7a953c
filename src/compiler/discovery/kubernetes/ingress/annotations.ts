import * as z from 'zod'
import { bigInteger, emptyable, flag, text, texts } from '../../../../schema/scalars.ts'
import { stickyBlock } from '../../../../services/shared/options.schema.ts'
import { nearest } from '../../../decode/nearest.ts'
import { observabilityFields, routerMetadata, routerTls } from '../../../dynamic/blocks.ts'
import { decodeBelow } from '../../labels.ts'
import type { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'

/** What annotations say of routers and of services (Traefik v3.7 `pkg/provider/kubernetes/ingress/annotations.go`). */

const routerSchema = z.strictObject({
  router: z
    .strictObject({
      pathMatcher: text().default('PathPrefix'),
      entryPoints: texts().optional(),
      middlewares: texts().optional(),
      priority: bigInteger().optional(),
      ruleSyntax: text().optional(),
      tls: routerTls().optional(),
      observability: emptyable(
        z.strictObject({
          ...observabilityFields,
          traceVerbosity: text().default('minimal'),
          metadata: routerMetadata(),
        }),
      ).optional(),
    })
    .prefault({}),
})

const serviceSchema = z.strictObject({
  service: z
    .strictObject({
      serversScheme: text().optional(),
      serversTransport: text().optional(),
      passHostHeader: flag().default(true),
      middlewares: texts().optional(),
      sticky: emptyable(stickyBlock).optional(),
      nativeLB: flag().optional(),
      nodePortLB: flag().default(false),
    })
    .prefault({}),
})

/** What the annotations of an Ingress say of its routers. */
export type RouterAnnotations = z.output<typeof routerSchema>['router']
/** What those of a Service say of how it is used. */
export type ServiceAnnotations = z.output<typeof serviceSchema>['service']

/** Null: they can't be read, which is told. */
export const routerAnnotations = (ingress: KubernetesObject, findings: Findings): RouterAnnotations | null =>
  read(routerSchema, ingress, 'router', findings)?.router ?? null

/** The same of a Service. */
export const serviceAnnotations = (service: KubernetesObject, findings: Findings): ServiceAnnotations | null =>
  read(serviceSchema, service, 'service', findings)?.service ?? null

const DOMAIN = 'traefik.ingress.kubernetes.io'
const PREFIX = `${DOMAIN}/`

/** Where a number between dots is an index: `domains.0.main` → `domains[0].main`. */
const INDEX = /(.+)\.(\w+)\.(\d+)\.(.+)/

const annotationField = (name: string): string => `metadata.annotations[${name}]`

/** The field of an annotation as an object spells it, for findings. @param name `router.middlewares` */
export const annotationNamed = ({ metadata: { annotations = {} } }: KubernetesObject, name: string): string =>
  annotationField(Object.keys(annotations).find((own) => own.toLowerCase() === PREFIX + name) ?? PREFIX + name)

/** An element that is named without its provider is looked for among those of Ingresses, where there is none. */
export function tellBare(object: KubernetesObject, annotation: string, names: readonly string[], findings: Findings) {
  for (const name of names) {
    if (name === '' || name.includes('@')) continue
    const meant = `${object.metadata.namespace}-${name}@kubernetescrd`
    const hint = `write "${meant}" for what is called ${name} in this namespace`
    findings.warn(annotationNamed(object, annotation), `"${name}" names no provider`, hint)
  }
}

function read<S extends z.ZodType>(
  schema: S,
  { metadata: { annotations = {} } }: KubernetesObject,
  section: 'router' | 'service',
  findings: Findings,
): z.output<S> | null {
  const labels: Record<string, string> = {}
  const names = new Map<string, string>()
  for (const [name, value] of Object.entries(annotations)) {
    if (!name.startsWith(PREFIX)) {
      tellStray(name, section, findings)
      continue
    }
    const label = name.replaceAll('ingress.kubernetes.io/', '').replace(INDEX, '$1.$2[$3].$4')
    if (!label.toLowerCase().startsWith(`traefik.${section}.`)) tellIgnored(name, section, findings)
    labels[label] = value
    names.set(`label ${label}`, name)
  }
  const { value, problems } = decodeBelow(schema, labels, [`traefik.${section}.`])
  for (const { severity, message, hint, origin } of problems) {
    const name = names.get(origin?.field ?? '')
    const field = name === undefined ? 'metadata.annotations' : annotationField(name)
    if (severity === 'error') findings.error(field, message, hint)
    else findings.warn(field, message, hint)
  }
  return value
}

/** Traefik passes over it without a word. */
function tellIgnored(name: string, section: 'router' | 'service', findings: Findings): void {
  const [first = ''] = name.slice(PREFIX.length).split('.', 1)
  const other = section === 'router' ? 'service' : 'router'
  const near = nearest(first, [section])
  const hint =
    first.toLowerCase() === other
      ? `it belongs to the ${other === 'service' ? 'Service' : 'Ingress'}`
      : near !== null
        ? `did you mean "${PREFIX}${section}${name.slice(PREFIX.length + first.length)}"?`
        : null
  findings.warn(annotationField(name), `annotation "${name}" is ignored`, hint)
}

/** Those of others are none of our business, unless they look meant for us. */
function tellStray(name: string, section: 'router' | 'service', findings: Findings): void {
  if (!name.startsWith('traefik.')) return
  const [domain = '', rest] = name.split('/', 2)
  const isMisspelt = rest !== undefined && nearest(domain, [DOMAIN]) !== null
  if (rest !== undefined && !isMisspelt) return
  const hint = isMisspelt ? `did you mean "${PREFIX}${rest}"?` : `annotations are written "${PREFIX}${section}.…"`
  findings.warn(annotationField(name), `annotation "${name}" is ignored`, hint)
}

import { nearest } from '../../../decode/nearest.ts'
import type { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { ANNOTATIONS, type AnnotationName, WITHOUT_EFFECT } from './annotation-table.ts'

interface ValueOf {
  readonly text: string
  readonly flag: boolean
  readonly integer: number
  readonly texts: readonly string[]
}

/** What the annotations of an Ingress say; what is not written, or can't be read, is not there. */
export type NginxAnnotations = { readonly [N in AnnotationName]?: ValueOf[(typeof ANNOTATIONS)[N]] }

const DOMAIN = 'nginx.ingress.kubernetes.io'
const PREFIX = `${DOMAIN}/`

/** The field of an annotation, for findings. */
export const annotationField = (name: AnnotationName): string => `metadata.annotations[${PREFIX}${name}]`

/** Reads the annotations of an Ingress. @param findings hears of those that have no effect */
export function nginxAnnotations(
  { metadata: { annotations = {} } }: KubernetesObject,
  findings: Findings,
): NginxAnnotations {
  const read: Record<string, unknown> = Object.create(null)
  for (const [key, raw] of Object.entries(annotations)) {
    if (!key.startsWith(PREFIX)) {
      tellStray(key, findings)
      continue
    }
    const name = key.slice(PREFIX.length)
    if (!Object.hasOwn(ANNOTATIONS, name)) tellIgnored(name, findings)
    else {
      const value = READERS[ANNOTATIONS[name as AnnotationName]](String(raw), (message, hint) => {
        findings.warn(annotationField(name as AnnotationName), message, hint)
      })
      if (value !== undefined) read[name] = value
    }
  }
  return read as NginxAnnotations
}

type Tell = (message: string, hint: string | null) => void

const READERS: {
  readonly [K in keyof ValueOf]: (text: string, tell: Tell) => ValueOf[K] | undefined
} = {
  text: (text) => text,
  flag(text, tell) {
    const isTrue = text.toLowerCase() === 'true'
    if (!isTrue && text.toLowerCase() !== 'false') {
      tell(`${JSON.stringify(text)} is neither true nor false: it counts as false`, 'write "true" or "false"')
    }
    return isTrue
  },
  integer(text, tell) {
    const number = /^[+-]?\d{1,19}$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(number)) return number
    tell(`${JSON.stringify(text)} is no whole number: the annotation is ignored`, 'write digits alone, without a unit')
    return undefined
  },
  texts: (text) => text.split(',').map((part) => part.trim()),
}

function tellIgnored(name: string, findings: Findings): void {
  const field = `metadata.annotations[${PREFIX}${name}]`
  const instead = WITHOUT_EFFECT.get(name)
  if (instead !== undefined) {
    findings.warn(field, `annotation "${PREFIX}${name}" has no effect`, instead)
    return
  }
  const near = nearest(name, [...Object.keys(ANNOTATIONS), ...WITHOUT_EFFECT.keys()])
  const hint = near === null ? null : `did you mean "${PREFIX}${near}"?`
  findings.warn(field, `annotation "${PREFIX}${name}" is unknown: it is ignored`, hint)
}

/** Those of others are none of our business, unless they look meant for us. */
function tellStray(key: string, findings: Findings): void {
  const [domain = '', name] = key.split('/', 2)
  if (name === undefined || nearest(domain, [DOMAIN]) === null) return
  const hint = `did you mean "${PREFIX}${name}"?`
  findings.warn(`metadata.annotations[${key}]`, `annotation "${key}" is ignored`, hint)
}

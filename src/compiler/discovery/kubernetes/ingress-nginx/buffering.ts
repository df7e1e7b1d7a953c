import type { AnnotationName } from './annotation-table.ts'
import { annotationField } from './annotations.ts'
import type { Location, NginxMiddleware } from './location.ts'
import { nginxSize } from './sizes.ts'

/** Bytes of an answer beyond memory, as nginx keeps them in a file. */
const LARGEST_FILE = 1024 ** 3

type Switch = 'proxy-request-buffering' | 'proxy-buffering'

/** Whether messages are read completely before they are passed on. */
function isBuffered({ annotations, findings }: Location, name: Switch, byDefault: boolean): boolean {
  const text = annotations[name]
  if (text === undefined) return byDefault
  if (text !== 'on' && text !== 'off') {
    findings.warn(annotationField(name), `${name} ${JSON.stringify(text)} counts as "off"`, 'write "on" or "off"')
  }
  return text === 'on'
}

/** The size that an annotation says, else another one; what is no size is told. */
export function sizeOf({ annotations, findings }: Location, name: AnnotationName, otherwise: number): number {
  const text = (annotations[name] as string | undefined) ?? ''
  if (text === '' && name !== 'proxy-max-temp-file-size') return otherwise
  if (annotations[name] === undefined) return otherwise
  const size = nginxSize(text)
  if (size === null) {
    const hint = 'a size is digits and perhaps k, m or g: "8k"'
    findings.warn(
      annotationField(name),
      `${name} invalid, using provider default: unable to parse number ${text}`,
      hint,
    )
  }
  return size ?? otherwise
}

const OF_REQUESTS = ['client-body-buffer-size', 'proxy-body-size'] as const
const OF_ANSWERS = ['proxy-buffer-size', 'proxy-buffers-number', 'proxy-max-temp-file-size'] as const

/** `proxy-request-buffering`, `proxy-buffering` and their sizes. */
export function buffering(location: Location): NginxMiddleware | null {
  const { annotations, options, findings } = location
  const requests = isBuffered(location, 'proxy-request-buffering', options.proxyRequestBuffering === true)
  const answers = isBuffered(location, 'proxy-buffering', options.proxyBuffering === true)
  const tellIdle = (names: readonly AnnotationName[], by: Switch): void => {
    for (const name of names) {
      if (annotations[name] !== undefined)
        findings.warn(annotationField(name), `${name} has no effect without ${by}: on`)
    }
  }
  if (!requests) tellIdle(OF_REQUESTS, 'proxy-request-buffering')
  if (!answers) tellIdle(OF_ANSWERS, 'proxy-buffering')
  if (!requests && !answers) return null
  const bufferSize = answers ? sizeOf(location, 'proxy-buffer-size', options.proxyBufferSize) : options.proxyBufferSize
  const number = (answers ? annotations['proxy-buffers-number'] : undefined) ?? options.proxyBuffersNumber
  const memory = bufferSize * number
  return {
    suffix: 'buffering',
    middleware: {
      buffering: {
        ...(requests ? {} : { disableRequestBuffer: true }),
        ...(answers ? {} : { disableResponseBuffer: true }),
        memRequestBodyBytes: requests
          ? sizeOf(location, 'client-body-buffer-size', options.clientBodyBufferSize)
          : options.clientBodyBufferSize,
        maxRequestBodyBytes: requests
          ? sizeOf(location, 'proxy-body-size', options.proxyBodySize)
          : options.proxyBodySize,
        memResponseBodyBytes: memory,
        ...(answers
          ? { maxResponseBodyBytes: memory + sizeOf(location, 'proxy-max-temp-file-size', LARGEST_FILE) }
          : {}),
      },
    },
  }
}

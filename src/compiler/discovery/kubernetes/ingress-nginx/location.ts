import type { HttpMiddleware } from '../../../dynamic/http.ts'
import type { KubernetesObject } from '../objects.ts'
import type { ObjectScope } from '../scope.ts'
import type { NginxAnnotations } from './annotations.ts'
import type { NginxOptions } from './options.ts'

/** What the routes of an Ingress have in common. */
export interface IngressScope extends ObjectScope {
  readonly ingress: KubernetesObject
  readonly annotations: NginxAnnotations
  readonly options: NginxOptions
}

/** A path of a host, or what is left of the host: what annotations are applied to. */
export interface Location extends IngressScope {
  /** Empty: any. */
  readonly host: string
  /** Empty: all that no other path of the host takes. */
  readonly path: string
  /** The host has an expression among its paths. */
  readonly usesRegex: boolean
  /** Empty: none. */
  readonly serverSnippet: string
  /** Where the bare root of the host leads, by whatever Ingress; null: nowhere. */
  readonly hostRoot: string | null
  /** The Ingress has a section `tls`. */
  readonly hasTls: boolean
  readonly serviceName: string
  readonly servicePort: string
  /** Servers that are ready. */
  readonly serverCount: number
}

/** A middleware of a location, named after each router that it is put before. */
export interface NginxMiddleware {
  readonly suffix: string
  readonly middleware: HttpMiddleware
}

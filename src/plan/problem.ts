/** A place in a configuration source; line and column count from 1. */
export interface SourcePosition {
  /** File, `label`, `flag` or the like; null when unknown. */
  readonly file: string | null
  readonly line: number
  readonly column: number
}

/** A place in a source that is no file. */
export interface Origin {
  /** What somebody can look up there: `container web-1`, `key traefik/http/routers/a/rule`, `service shop on n1`. */
  readonly item: string
  /** The part of it: `label traefik.http.routers.a.rule`, `tag …`, `spec.routes[0].match`; absent: the whole. */
  readonly field?: string
}

export type Severity = 'error' | 'warning'

/** Something wrong with a configuration: data, never thrown. */
export interface ConfigProblem {
  readonly severity: Severity
  /** Traefik's wording where a user may search for it. Never holds a secret. */
  readonly message: string
  /** What was probably meant, or what to do; null when there is nothing to say. */
  readonly hint: string | null
  readonly provider: string | null
  /** Keys from the root of the source: `['http', 'routers', 'web', 'rule']`. */
  readonly path: readonly (string | number)[]
  /** Bytes into the value at `path`, counting from 0, where it is a text of several parts (a rule). */
  readonly offset?: number
  readonly position: SourcePosition | null
  /** The variable or flag it came by, as it was written; only where there is no position. */
  readonly source?: string
  /** Where it stands in a source that is no file; only where there is no position. */
  readonly origin?: Origin
}

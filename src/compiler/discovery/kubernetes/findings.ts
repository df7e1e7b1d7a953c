import type { ConfigProblem, Severity } from '../../../plan/problem.ts'
import { nearest } from '../../decode/nearest.ts'
import { boundedProblems } from '../problems.ts'
import type { KubernetesObject } from './objects.ts'
import type { Kind, World } from './world.ts'

/** What to do about a problem: a text, or an object of a kind whose name is probably meant by a misspelt one. */
export type Hint = string | { readonly kind: Kind; readonly namespace: string; readonly name: string }

/** Something about an object of a cluster; what its hint says of other objects is looked up when it is told. */
export interface Finding {
  readonly severity: Severity
  readonly message: string
  /** `IngressRoute shop/front` */
  readonly item: string
  /** `spec.routes[0].match`; empty: the object. */
  readonly field: string
  readonly hint: Hint | null
}

/** What an object is called in messages. */
export const titleOf = ({ kind, metadata: { namespace, name } }: KubernetesObject): string =>
  `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`

/** Collects what is found about one object. */
export class Findings {
  /** What the object is called in messages. */
  readonly item: string
  /** What is found for each route is told once. */
  readonly #all = new Map<string, Finding>()

  constructor(object: KubernetesObject) {
    this.item = titleOf(object)
  }

  get all(): readonly Finding[] {
    return [...this.#all.values()]
  }

  error(field: string, message: string, hint: Hint | null = null): void {
    this.#add({ severity: 'error', message, item: this.item, field, hint })
  }

  warn(field: string, message: string, hint: Hint | null = null): void {
    this.#add({ severity: 'warning', message, item: this.item, field, hint })
  }

  #add(finding: Finding): void {
    this.#all.set(`${finding.field} ${finding.message}`, finding)
  }
}

/**
 * Makes problems of findings. The names that hints ask for are kept while the objects of their kind are the same: a
 * hint looks at all of them.
 */
export class Suggestions {
  readonly #isComplete: boolean
  readonly #kinds = new Map<Kind, { readonly list: readonly KubernetesObject[]; readonly found: Map<string, string> }>()

  /**
   * @param isComplete false: there are objects that the world does not have, so that one that is missing is an error only
   *   where something like it is there
   */
  constructor(isComplete: boolean) {
    this.#isComplete = isComplete
  }

  problems(findings: readonly Finding[], world: World): readonly ConfigProblem[] {
    const bare = findings.map((finding) => ({
      severity: finding.severity,
      message: finding.message,
      hint: typeof finding.hint === 'string' ? finding.hint : null,
      provider: null,
      path: [],
      position: null,
      origin: { item: finding.item, ...(finding.field === '' ? {} : { field: finding.field }) },
    }))
    const asked = new Map<ConfigProblem, Exclude<Hint, string>>()
    findings.forEach(({ hint }, at) => {
      if (hint !== null && typeof hint !== 'string') asked.set(bare[at]!, hint)
    })
    return boundedProblems(bare).map((problem) => {
      const hint = asked.get(problem)
      if (hint === undefined) return problem
      const text = this.#lookUp(hint, world)
      const whereNotAllIsKnown = text === null ? 'warning' : 'error'
      return { ...problem, severity: this.#isComplete ? problem.severity : whereNotAllIsKnown, hint: text }
    })
  }

  #lookUp({ kind, namespace, name }: Exclude<Hint, string>, world: World): string | null {
    const list = world.list(kind)
    let known = this.#kinds.get(kind)
    if (known?.list !== list) {
      known = { list, found: new Map() }
      this.#kinds.set(kind, known)
    }
    const key = `${namespace}/${name}`
    let text = known.found.get(key)
    if (text === undefined) {
      text = suggestion(list, kind, namespace, name)
      known.found.set(key, text)
    }
    return text === '' ? null : text
  }
}

/** The nearest name of the namespace, else where the same name is. */
const suggestion = (list: readonly KubernetesObject[], kind: string, namespace: string, name: string): string => {
  const here: string[] = []
  const elsewhere: string[] = []
  for (const { metadata } of list) {
    if ((metadata.namespace ?? '') === namespace) here.push(metadata.name)
    else if (metadata.name === name) elsewhere.push(metadata.namespace ?? '')
  }
  const near = nearest(name, here)
  if (near !== null) return `did you mean "${near}"?`
  if (elsewhere.length === 0) return ''
  return `there is a ${kind} ${name} in namespace ${elsewhere.slice(0, 3).join(', ')}`
}

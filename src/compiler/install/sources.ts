import type { ConfigProblem } from '../../plan/problem.ts'

/** A variable or a flag: what it is called and which option it is about. */
export interface Source {
  /** As the user wrote it: `TRAEFIK_API_PORT`, `--api.prt`. */
  readonly written: string
  /** Dotted: `api.port`. */
  readonly option: string
  readonly text: string
}

/** So many names are said of a block that several are about. */
const MAX_NAMES = 3

/** The problems with the names of the variables or flags that they are about. */
export const withSources = (sources: readonly Source[], problems: readonly ConfigProblem[]): readonly ConfigProblem[] =>
  problems.map((problem) => {
    if (problem.position !== null || problem.source !== undefined || problem.path.length === 0) return problem
    const found = sourcesOf(sources, problem.path.join('.').toLowerCase())
    if (found.length === 0) return problem
    return { ...problem, source: namesOf(found), hint: kubernetesHint(found) ?? problem.hint }
  })

/** Those of the option itself, else those below it, else those of the block that it is in. */
const sourcesOf = (sources: readonly Source[], option: string): readonly Source[] => {
  const named = sources.map((source) => ({ source, name: levels(source.option) }))
  const own = named.filter(({ name }) => name === option)
  const below = named.filter(({ name }) => name.startsWith(`${option}.`))
  const above = named.filter(({ name }) => option.startsWith(`${name}.`))
  return (own.length > 0 ? own : below.length > 0 ? below : above).map(({ source }) => source)
}

/** As the decoder has paths: in a fixed case, and an index is a level of its own. */
const levels = (option: string): string => option.toLowerCase().replace(/(?<=[^.])\[/g, '.[')

const namesOf = (sources: readonly Source[]): string => {
  const names = [...new Set(sources.map(({ written }) => written))]
  const shown = names.slice(0, MAX_NAMES).join(', ')
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown
}

/** What Kubernetes puts into every pod beside a Service (and Docker beside a link). */
const SERVICE_LINK = /^(.+?)_(?:SERVICE_(?:HOST|PORT(?:_.+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

const kubernetesHint = (sources: readonly Source[]): string | null => {
  for (const { written, text } of sources) {
    const name = SERVICE_LINK.exec(written)?.[1]
    if (name === undefined || (written === `${name}_PORT` && !/^(?:tcp|udp|sctp):\/\//.test(text))) continue
    const service = name.toLowerCase().replaceAll('_', '-')
    return `Kubernetes sets it for a Service called ${service}: "enableServiceLinks: false" in the pod's spec stops that`
  }
  return null
}

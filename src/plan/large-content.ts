import { LINED } from './guide.ts'
import type { Plan } from './plan.ts'

/** Entries of an object, in the order of their lines. */
type Entries = readonly (readonly [key: string, value: unknown])[]

/**
 * The content of a publication with a line for each router, middleware and service, and for each host, so that one of
 * them can be read without the others (`large-plan.ts`). The whole is JSON all the same: who knows nothing of lines reads
 * it as such.
 * @param head what stands beside `plan` and `hosts`
 * @param routers names in the order in which they are tried
 * @param hosts positions of routers
 */
export function largeContent(
  head: object,
  { routers, middlewares, services, ...rest }: Plan,
  names: readonly string[],
  hosts: ReadonlyMap<string, readonly number[]>,
): string {
  const entries: Readonly<Record<(typeof LINED)[number], Entries>> = {
    routers: names.map((name) => [name, routers[name]]),
    middlewares: sorted(Object.entries(middlewares)),
    services: sorted(Object.entries(services)),
    hosts: sorted([...hosts]),
  }
  // The sections of elements are in `plan`, which is open at the end of the first line.
  const lines = [JSON.stringify({ ...head, plan: rest }).slice(0, -2)]
  for (const section of LINED) {
    const closing = section === 'hosts' ? '}' : ''
    lines.push(`${lines.pop()}${closing},${JSON.stringify(section)}:{`)
    entries[section].forEach(([key, value], at, all) => {
      lines.push(`${JSON.stringify(key)}:${JSON.stringify(value)}${at === all.length - 1 ? '' : ','}`)
    })
    lines.push('}')
  }
  return `${lines.join('\n')}}`
}

/** As they are searched. */
const sorted = (entries: Entries): Entries => entries.toSorted(([a], [b]) => (a < b ? -1 : 1))

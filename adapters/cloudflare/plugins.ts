import type { Kinds } from '../../src/contracts/kinds.ts'
import { type Plugins, withPlugins } from '../../src/contracts/plugin.ts'
import { pluginKind } from '../../src/plan/plugin-kind.ts'

/** Plugins that were deployed with the worker: a module of its own, read for plans that name some. */
interface Deployed {
  readonly plugins: Plugins
  /** Why there are none. */
  readonly fault: string
}

const deployed = (): Promise<Deployed> =>
  import('./deployed-plugins.ts').then(
    ({ default: plugins }) => ({ plugins, fault: '' }),
    (error: unknown) => ({ plugins: {}, fault: error instanceof Error ? error.message : String(error) }),
  )

/** The kinds of middlewares that they are, and why there are none. */
export async function deployedKinds(): Promise<{
  readonly kinds: Readonly<Record<string, true>>
  readonly fault: string
}> {
  const { plugins, fault } = await deployed()
  return { kinds: Object.fromEntries(Object.keys(plugins).map((name) => [pluginKind(name), true])), fault }
}

/** Adds them. */
export const withDeployed = async (kinds: Kinds): Promise<Kinds> => withPlugins(kinds, (await deployed()).plugins)

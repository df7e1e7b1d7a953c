import type { PlanHead } from '../../../src/plan/signed-plan.ts'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './kv-namespace.ts'
import { describeProblems, type PlanFile } from './plan-source.ts'
import { publish } from './publish.ts'
import type { SigningKey } from './signing-keys.ts'

/**
 * Plans a file and publishes it. Bad elements are reported and disabled, as everywhere; a file that is refused as a
 * whole is not published.
 */
export async function push(
  config: string,
  planFile: PlanFile,
  kv: KvNamespace,
  key: SigningKey,
  print: (text: string) => void,
): Promise<PlanHead> {
  const { plan, problems } = await planFile(config, 'edge')
  if (problems.length > 0) print(describeProblems(problems))
  if (plan === null) throw new EdgeError(`${config} is refused: nothing was published`)
  const head = await publish(kv, plan, key, Date.now())
  const count = (what: 'routers' | 'services' | 'middlewares') =>
    `${Object.keys(plan[what]).filter((name) => !name.endsWith('@internal')).length} ${what}`
  print(
    `Published revision ${head.revision} to ${kv.title}: ${count('routers')}, ${count('services')}, ${count('middlewares')}\n`,
  )
  return head
}

import type { Plan } from '../../../src/plan/plan.ts'
import { type SecretPlan, shownReference } from '../../../src/plan/secrets.ts'
import { shortened } from './author.ts'
import { CloudflareApi } from './cloudflare-api.ts'
import { EdgeError } from './edge-error.ts'
import type { Obstacle } from './push-checks.ts'
import type { Place } from './where.ts'
import type { WranglerFile } from './wrangler-file.ts'

/** What was found out about the secrets that a plan needs. */
export interface SecretCheck {
  readonly obstacles: readonly Obstacle[]
  /** Why it could not be found out, a line; empty: it could. */
  readonly note: string
}

/** Texts that the worker puts in, and the elements that need each. */
function neededBy({ middlewares, services, telemetry }: Plan): ReadonlyMap<string, readonly string[]> {
  const needed = new Map<string, string[]>()
  const elements: [string, { readonly secrets?: readonly SecretPlan[] }][] = [
    ...Object.entries(middlewares),
    ...Object.entries(services),
    ['tracing', telemetry?.collector ?? {}],
  ]
  for (const [element, { secrets = [] }] of elements) {
    for (const { source, name } of secrets) {
      if (source === 'secret') needed.set(name, [...(needed.get(name) ?? []), element])
    }
  }
  return needed
}

/**
 * Compares what a plan needs with the secrets of the Worker, as Cloudflare lists them: their names, never their texts.
 * @param note is told of waits, a line each
 */
export async function checkSecrets(
  plan: Plan,
  { wrangler }: Pick<Place, 'wrangler'>,
  env: NodeJS.ProcessEnv,
  note: (text: string) => void,
): Promise<SecretCheck> {
  const needed = neededBy(plan)
  if (needed.size === 0) return { obstacles: [], note: '' }
  const unknown = (why: string): SecretCheck => {
    const names = shortened([...needed.keys()].join(', '), 200)
    return { obstacles: [], note: `whether the Worker has the secrets ${names} was not compared: ${why}\n` }
  }
  if (wrangler === null) return unknown('nobody says which Worker it is (pass --wrangler FILE)')
  if (wrangler.name === null) return unknown(`${wrangler.file} has no name`)
  try {
    const has = new Set([...wrangler.bound, ...(await secretsOf(wrangler.name, env, note))])
    const missing = [...needed].filter(([name]) => !has.has(name))
    return { obstacles: missing.map(([name, elements]) => obstacleOf(name, elements, wrangler)), note: '' }
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error
    return unknown(error.message.split('\n', 1)[0]!)
  }
}

async function secretsOf(worker: string, env: NodeJS.ProcessEnv, note: (text: string) => void): Promise<string[]> {
  const api = new CloudflareApi(env, note)
  const response = await api.call(`/workers/scripts/${encodeURIComponent(worker)}/secrets`, { method: 'GET' })
  const { result } = (await response.json().catch(() => ({}))) as { readonly result?: unknown }
  if (!Array.isArray(result)) throw new EdgeError("Cloudflare's API has not answered with a list of secrets")
  return result.flatMap((secret: { readonly name?: unknown } | null) =>
    typeof secret?.name === 'string' ? secret.name : [],
  )
}

function obstacleOf(name: string, elements: readonly string[], { environment }: WranglerFile): Obstacle {
  const others = elements.length > 1 ? ` and ${elements.length - 1} more` : ''
  const set = `npx wrangler secret put ${name}${environment === null ? '' : ` --env ${environment}`}`
  return {
    flag: null,
    message: `the Worker has no secret for ${shownReference({ source: 'secret', name })}, which ${shortened(elements[0]!, 60)}${others} would be disabled without: \`${set}\` sets it`,
  }
}

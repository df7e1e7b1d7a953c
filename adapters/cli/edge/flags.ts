import { maskUrl } from '../../../src/http/secrets.ts'
import { shownUrl } from '../../../src/http/shown-url.ts'
import { FLAGS_KEY } from '../../../src/plan/kv-keys.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { LoadBalancerPlan } from '../../../src/plan/services.ts'
import type { OperatorState } from '../../../src/runtime/operator.ts'
import { parseOperatorState } from '../../../src/runtime/operator-state.ts'
import { EdgeError } from './edge-error.ts'
import { type KvNamespace, planIn } from './publish.ts'

/** Names are those of the file that was published, unless they say otherwise. */
const qualified = (name: string): string => (name.includes('@') ? name : `${name}@file`)

/**
 * Drains a server of the published plan or takes it back in. What was drained and is no longer there can be taken back too.
 * @returns what was done, for the user
 * @throws EdgeError
 */
export async function drainServer(kv: KvNamespace, name: string, server: string, drained: boolean): Promise<string> {
  const wanted = shownUrl(server)
  const service = qualified(name)
  const plan = drained ? await planIn(kv) : null
  const known = plan === null ? [] : serversOf(plan, service)
  // User information and queries are never shown, so they need not be said either.
  const state = await read(kv)
  const candidates = [...known, ...state.drained.filter((one) => one.service === service).map((one) => one.url)]
  const url = candidates.find((one) => one === wanted) ?? candidates.find((one) => maskUrl(one) === wanted) ?? wanted
  if (plan !== null && !known.includes(url)) {
    throw new EdgeError(
      known.length === 0
        ? `the published plan has no service ${service} with servers`
        : `${service} has no server ${maskUrl(url)}, but ${known.map((server) => maskUrl(server)).join(', ')}`,
    )
  }
  const others = state.drained.filter((server) => server.service !== service || server.url !== url)
  await write(kv, { ...state, drained: drained ? [...others, { service, url }] : others })
  return `${service}: ${maskUrl(url)} ${drained ? 'gets no new sessions' : 'is back in'}, in ${kv.title}\n`
}

/**
 * Switches a middleware of the published plan; null: as configured.
 * @returns what was done, for the user
 * @throws EdgeError
 */
export async function turnMiddleware(kv: KvNamespace, name: string, on: boolean | null): Promise<string> {
  const middleware = qualified(name)
  const plan = on === null ? null : await planIn(kv)
  const kind = plan?.middlewares[middleware]?.kind
  if (plan !== null && kind !== 'maintenance') {
    throw new EdgeError(
      kind === undefined
        ? `the published plan has no middleware ${middleware}`
        : `${middleware} is a ${kind}: only maintenance can be switched`,
    )
  }
  const state = await read(kv)
  const { [middleware]: _before, ...others } = state.middlewares
  await write(kv, { ...state, middlewares: on === null ? others : { ...others, [middleware]: on } })
  return `${middleware}: ${on === null ? 'as configured' : on ? 'on' : 'off'}, in ${kv.title}\n`
}

/** What is switched by hand, a line each. */
export async function describeFlags(kv: KvNamespace): Promise<string> {
  const { drained, middlewares } = await read(kv)
  const lines = [
    ...drained.map(({ service, url }) => `drained      ${service} ${maskUrl(url)}\n`),
    ...Object.entries(middlewares).map(([name, on]) => `maintenance  ${name} ${on ? 'on' : 'off'}\n`),
  ]
  return lines.length === 0 ? `Nothing is switched by hand in ${kv.title}\n` : lines.join('')
}

function serversOf(plan: Plan, service: string): readonly string[] {
  const { kind, config } = plan.services[service] ?? {}
  return kind === 'loadBalancer'
    ? ((config as LoadBalancerPlan | null)?.servers ?? []).map(({ url }) => shownUrl(url))
    : []
}

async function read(kv: KvNamespace): Promise<OperatorState> {
  const value = await kv.get(FLAGS_KEY)
  const state = parseOperatorState(value === null ? '' : new TextDecoder().decode(value))
  if (state === null) throw new EdgeError(`the key "${FLAGS_KEY}" in ${kv.title} is malformed: delete it`)
  return state
}

/** KV knows no transactions: of two commands at the same time the later one wins. */
async function write(kv: KvNamespace, state: OperatorState): Promise<void> {
  await kv.put(FLAGS_KEY, JSON.stringify(state))
}

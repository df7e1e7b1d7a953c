import { maskUrl } from '../../../src/http/masked-url.ts'
import { shownUrl } from '../../../src/http/shown-url.ts'
import { FLAGS_KEY } from '../../../src/plan/kv-keys.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { LoadBalancerPlan } from '../../../src/plan/services.ts'
import type { OperatorState } from '../../../src/runtime/operator.ts'
import { parseOperatorState } from '../../../src/runtime/operator-state.ts'
import { Misuse } from '../command-error.ts'
import { EdgeError } from '../edge/edge-error.ts'
import type { KvNamespace } from '../edge/kv-namespace.ts'
import { planIn } from '../edge/publications.ts'
import type { Drained, Protocol, Switchboard } from './switchboard.ts'

/** Names are those of the file that was published, unless they say otherwise. */
const qualified = (name: string): string => (name.includes('@') ? name : `${name}@file`)

/** The switches of the Workers that read a namespace. */
export function kvSwitchboard(kv: KvNamespace): Switchboard {
  return {
    title: kv.title,
    async drained(protocol, name) {
      checkProtocol(protocol)
      return drainedOf(await readState(kv), qualified(name))
    },
    async drain(protocol, name, server, isDrained) {
      checkProtocol(protocol)
      return drain(kv, qualified(name), shownUrl(server), isDrained)
    },
    async switched(name) {
      const middleware = qualified(name)
      return { middleware, on: (await readState(kv)).middlewares[middleware] ?? null }
    },
    turn: (name, on) => turn(kv, qualified(name), on),
  }
}

function checkProtocol(protocol: Protocol): void {
  if (protocol !== 'http') throw new Misuse(`--${protocol}: Workers have services of HTTP only`)
}

/** What was drained and is no longer there can be taken back too. */
async function drain(kv: KvNamespace, service: string, wanted: string, isDrained: boolean): Promise<Drained> {
  const plan = isDrained ? await planIn(kv) : null
  const known = plan === null ? [] : serversOf(plan, service)
  const state = await readState(kv)
  const candidates = [...known, ...state.drained.filter((one) => one.service === service).map((one) => one.url)]
  // User information and queries are never shown, so they need not be said either.
  const url = candidates.find((one) => one === wanted) ?? candidates.find((one) => maskUrl(one) === wanted) ?? wanted
  if (plan !== null && !known.includes(url)) {
    throw new EdgeError(
      known.length === 0
        ? `the published plan has no service ${service} with servers`
        : `${service} has no server ${maskUrl(url)}, but ${known.map((one) => maskUrl(one)).join(', ')}`,
    )
  }
  const others = state.drained.filter((one) => one.service !== service || one.url !== url)
  const next = { ...state, drained: isDrained ? [...others, { service, url }] : others }
  await write(kv, next)
  return drainedOf(next, service)
}

const drainedOf = (state: OperatorState, service: string): Drained => ({
  service,
  drained: state.drained.filter((one) => one.service === service).map(({ url }) => maskUrl(url)),
})

async function turn(kv: KvNamespace, middleware: string, on: boolean | null) {
  const plan = on === null ? null : await planIn(kv)
  const kind = plan?.middlewares[middleware]?.kind
  if (plan !== null && kind !== 'maintenance') {
    throw new EdgeError(
      kind === undefined
        ? `the published plan has no middleware ${middleware}`
        : `${middleware} is a ${kind}: only maintenance can be switched`,
    )
  }
  const state = await readState(kv)
  const { [middleware]: _before, ...others } = state.middlewares
  await write(kv, { ...state, middlewares: on === null ? others : { ...others, [middleware]: on } })
  return { middleware, on }
}

function serversOf(plan: Plan, service: string): readonly string[] {
  const { kind, config } = plan.services[service] ?? {}
  return kind === 'loadBalancer'
    ? ((config as LoadBalancerPlan | null)?.servers ?? []).map(({ url }) => shownUrl(url))
    : []
}

/** Everything that is switched by hand; it stays so over publications. */
export async function readState(kv: KvNamespace): Promise<OperatorState> {
  const value = await kv.get(FLAGS_KEY)
  const state = parseOperatorState(value === null ? '' : new TextDecoder().decode(value))
  if (state === null) throw new EdgeError(`the key "${FLAGS_KEY}" in ${kv.title} is malformed: delete it`)
  return state
}

/** KV knows no transactions: of two commands at the same time the later one wins. */
async function write(kv: KvNamespace, state: OperatorState): Promise<void> {
  await kv.put(FLAGS_KEY, JSON.stringify(state))
}

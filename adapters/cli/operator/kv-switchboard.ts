import { maskUrl } from '../../../src/http/masked-url.ts'
import { shownUrl } from '../../../src/http/shown-url.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { LoadBalancerPlan } from '../../../src/plan/services.ts'
import type { OperatorState } from '../../../src/runtime/operator.ts'
import { Misuse } from '../command-error.ts'
import { EdgeError } from '../edge/edge-error.ts'
import { planIn } from '../edge/publications.ts'
import { type Publishing, publishingAt, readerAt } from '../edge/publishing.ts'
import type { Place } from '../edge/where.ts'
import { readState, writeState } from './kv-flags.ts'
import type { Drained, Protocol, Switchboard } from './switchboard.ts'

/** Names are those of the file that was published, unless they say otherwise. */
const qualified = (name: string): string => (name.includes('@') ? name : `${name}@file`)

/** With which key switches are signed, and whose are believed beside it. */
interface SignedBy {
  readonly key: string | undefined
  readonly trust: string | undefined
}

/**
 * The switches of the Workers that read a namespace. Only those who switch something need a key.
 * @param print is told what goes without saying in most cases
 */
export function kvSwitchboard(place: Place, signedBy: SignedBy, print: (text: string) => void): Switchboard {
  const { kv } = place
  const state = async () => readState(kv, await readerAt(place, signedBy))
  const change = async (next: (state: OperatorState) => OperatorState): Promise<OperatorState> => {
    const publishing: Publishing = await publishingAt(place, signedBy, print)
    const before = await readState(kv, publishing.reader)
    const after = next(before)
    await writeState(publishing, after, before, print)
    return after
  }
  return {
    title: kv.title,
    async drained(protocol, name) {
      checkProtocol(protocol)
      return drainedOf(await state(), qualified(name))
    },
    async drain(protocol, name, server, isDrained) {
      checkProtocol(protocol)
      const service = qualified(name)
      const plan = isDrained ? await planIn(kv) : null
      return drainedOf(await change((before) => drain(plan, before, service, shownUrl(server), isDrained)), service)
    },
    async switched(name) {
      const middleware = qualified(name)
      return { middleware, on: (await state()).middlewares[middleware] ?? null }
    },
    async turn(name, on) {
      const middleware = qualified(name)
      if (on !== null) checkKind(await planIn(kv), middleware)
      await change((before) => turn(before, middleware, on))
      return { middleware, on }
    },
  }
}

function checkProtocol(protocol: Protocol): void {
  if (protocol !== 'http') throw new Misuse(`--${protocol}: Workers have services of HTTP only`)
}

/** What was drained and is no longer there can be taken back too. */
function drain(
  plan: Plan | null,
  state: OperatorState,
  service: string,
  wanted: string,
  isDrained: boolean,
): OperatorState {
  const known = plan === null ? [] : serversOf(plan, service)
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
  return { ...state, drained: isDrained ? [...others, { service, url }] : others }
}

const drainedOf = (state: OperatorState, service: string): Drained => ({
  service,
  drained: state.drained.filter((one) => one.service === service).map(({ url }) => maskUrl(url)),
})

function checkKind(plan: Plan | null, middleware: string): void {
  const kind = plan?.middlewares[middleware]?.kind
  if (plan === null || kind === 'maintenance') return
  throw new EdgeError(
    kind === undefined
      ? `the published plan has no middleware ${middleware}`
      : `${middleware} is a ${kind}: only maintenance can be switched`,
  )
}

function turn(state: OperatorState, middleware: string, on: boolean | null): OperatorState {
  const { [middleware]: _before, ...others } = state.middlewares
  return { ...state, middlewares: on === null ? others : { ...others, [middleware]: on } }
}

function serversOf(plan: Plan, service: string): readonly string[] {
  const { kind, config } = plan.services[service] ?? {}
  return kind === 'loadBalancer'
    ? ((config as LoadBalancerPlan | null)?.servers ?? []).map(({ url }) => shownUrl(url))
    : []
}

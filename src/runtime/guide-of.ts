import type { PlanGuide } from '../plan/guide.ts'
import type { Plan } from '../plan/plan.ts'
import type { SecretPlan } from '../plan/secrets.ts'
import { wantedKinds } from './wanted-kinds.ts'

/** What linking needs to know of all elements of a plan. @param worker the own version */
export function guideOf(plan: Plan, worker: string): PlanGuide {
  const { routers, middlewares, services, telemetry } = plan
  const rules = Object.values(routers).map(({ rule }) => rule)
  const configs = Object.values(middlewares).map(({ config }) => config)
  return {
    worker,
    wanted: wantedKinds(plan),
    // Every plan of an expression says what its groups are.
    hasExpressions: JSON.stringify([rules, configs]).includes('"groups":'),
    internal: internalNames(plan),
    secrets: [
      ...Object.values(middlewares),
      ...Object.values(services),
      telemetry?.collector ?? {},
      telemetry?.metricsCollector ?? {},
    ].flatMap(secretsIn),
  }
}

const secretsIn = ({ secrets = [] }: { readonly secrets?: readonly SecretPlan[] }): readonly SecretPlan[] => secrets

/** The services `NAME@internal` that routers name, or services and error pages on their way. */
function internalNames({ routers, services, middlewares }: Plan): readonly string[] {
  const named = Object.values(routers).map(({ service }) => service)
  const pages = Object.values(middlewares).filter(({ kind }) => kind === 'errors')
  // Every other kind of service has nothing but names and numbers.
  const spread = Object.values(services).filter(({ kind }) => kind !== 'loadBalancer')
  const text = JSON.stringify([named, pages.concat(spread).map(({ config }) => config)])
  return [...new Set(text.match(/[^"]+@internal(?=")/g))]
}

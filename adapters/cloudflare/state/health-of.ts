import type { Logger } from '../../../src/contracts/ports.ts'
import type { HealthTable } from '../../../src/engine/health/table.ts'
import type { WorkerEnv } from '../env.ts'
import { HealthSeal } from './health-seal.ts'
import { HealthState } from './health-state.ts'

/** How an isolate hears of what others find. */
export function healthOf(
  { SIGNALBOX_STATE: objects, SIGNALBOX_HEALTH_CHECKS: mode, SIGNALBOX_HEALTH_SECRET: secret = '' }: WorkerEnv,
  table: HealthTable,
  audience: string,
  log: Logger,
): HealthState {
  if (secret === '') log.log('warn', 'States of health are not sealed: the secret SIGNALBOX_HEALTH_SECRET is not set')
  return new HealthState(table, mode === 'due' ? null : (objects ?? null), new HealthSeal(secret, audience))
}

import { signalbox } from './signalbox.ts'

export type { WorkerEnv } from './env.ts'
export { SignalboxState } from './state/state-object.ts'

export default signalbox

/** The package's `./node`: a whole proxy in a program of one's own. */
export { ConfigError, defineMiddleware, type ProgramMiddlewares } from '../../src/contracts/kinds.ts'
export type { Logger, LogLevel } from '../../src/contracts/ports.ts'
export { type CreateNodeProxyOptions, createNodeProxy, type RunningProxy } from './create-node-proxy.ts'

import { defineMiddleware } from '../../contracts/kinds.ts'

export interface ChainConfig {
  /** Qualified names, the first one outermost. */
  readonly middlewares: readonly string[]
}

/** Behaves as its members written in its place (Traefik v3.7 `pkg/middlewares/chain`). */
export const chain = defineMiddleware<ChainConfig>({
  isStateless: true,
  mayWait: ({ middlewares }, allMayWait) => allMayWait(middlewares),
  build: ({ middlewares }, scope) => scope.chain(middlewares),
})

import { defineMiddleware } from '../../contracts/kinds.ts'
import { type StaticAnswer, staticReply } from '../shared/static-answer.ts'

/** Answers every request by itself (an option of ours). */
export const respond = defineMiddleware<StaticAnswer>({
  build: (answer) => () => () => staticReply(answer),
})

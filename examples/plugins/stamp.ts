import { andThen, definePlugin, type ProxyResponse } from 'signalbox/plugin'
import * as z from 'zod'

/** Says to the server which proxy the request came through, and to the client how long the answer took. */
export default definePlugin({
  name: 'stamp',
  options: z.strictObject({
    via: z.string().min(1).max(64),
    timing: z.boolean().default(true),
  }),
  create({ via, timing }, { clock }) {
    return (next) => (request, cx) => {
      const start = clock.now()
      request.headers.set('X-Stamped-By', via)
      const stamped = (answer: ProxyResponse): ProxyResponse => {
        if (timing) answer.headers.set('Server-Timing', `proxy;dur=${(clock.now() - start).toFixed(1)}`)
        return answer
      }
      return andThen(next(request, cx), stamped)
    }
  },
})

import { treesOf } from '../../../support/otlp/scenario.ts'
import { until } from '../../../support/until.ts'

/** The request that spans are of, as the client has named it. */
const NAME = 'http.request.header.x-request'

/** Waits for the spans of a request: those of exchanges before it have come too. */
export const arrived = (collector, name) =>
  until(
    () => collector.spans.some(({ attributes }) => attributes[NAME]?.[0] === name),
    (is) => is,
    15_000,
  )

/**
 * Spans as trees, by the name of their request; of several exchanges that have one, those of the last.
 * @param {Record<string, number>} ports of the proxy, by entry point
 */
export function takeTrees(collector, ports) {
  const { spans } = collector
  collector.clear()
  const trees = {}
  for (const group of Map.groupBy(spans, ({ traceId }) => traceId).values()) {
    // A client may have given several exchanges one trace.
    for (const root of group.filter(({ kind, attributes }) => kind === 2 && attributes[NAME] !== undefined)) {
      const name = root.attributes[NAME][0]
      const [tree] = treesOf(withIn(root, group), ports)
      trees[name] = inOrder(tree)
    }
  }
  return trees
}

/** With an entry for each span that is inside. */
const inOrder = (tree) => ({
  ...tree,
  inside: Object.fromEntries(tree.inside.map((span, i) => [i, inOrder(span)])),
})

/** A span and all that is in it. */
function withIn(root, spans) {
  const inside = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId)
  return [root, ...inside.flatMap((span) => withIn(span, spans))]
}

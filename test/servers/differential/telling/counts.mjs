import { parseExposition } from '../../../support/prometheus-text.ts'

/** What is counted of requests. */
const OF_REQUESTS = /^traefik_(entrypoint|router|service)_/
const OF_TIMES = /_sum$|_bucket$/

/** The series of a proxy and their numbers, those of its own API left out. */
export async function scrape({ running }) {
  const response = await fetch(`http://127.0.0.1:${running.port}/metrics`)
  if (!response.ok) return {}
  const counts = {}
  for (const [name, series] of Object.entries(parseExposition(await response.text()))) {
    if (!OF_REQUESTS.test(name)) continue
    for (const [labels, value] of Object.entries(series)) {
      if (/@internal"|entrypoint="traefik"/.test(labels)) continue
      const key = `${name}${inOrder(labels)}`
      counts[key] = OF_TIMES.test(name) ? 'some' : value
    }
  }
  return counts
}

const inOrder = (labels) => `{${[...labels.matchAll(/[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"/g)].map(([pair]) => pair).sort()}}`

/** What was counted since. A series that has gone and come again has begun anew. */
export function since(before, now) {
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => {
      const old = before[key]
      return [key, typeof value === 'number' && old !== undefined && old <= value ? value - old : value]
    }),
  )
}

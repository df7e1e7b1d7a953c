import { useEffect } from 'preact/hooks'
import { readIfThere } from '../api/client.ts'
import type { Traffic } from '../api/shapes.ts'
import { Store } from './store.ts'
import { type Loaded, useLoad } from './use-load.ts'

const PERIOD_MS = 2_000
const ticks = new Store(0)

/** What goes through the proxy, read again every two seconds while somebody looks. `traffic` null: it is not counted. */
export function useTraffic(): Loaded<{ readonly traffic: Traffic | null }> {
  const loaded = useLoad('traffic', (signal) => readIfThere<Traffic>('traffic', signal).then((traffic) => ({ traffic })), ticks)
  const isCounted = loaded.value?.traffic !== null
  useEffect(() => {
    if (!isCounted) return
    const timer = setInterval(() => {
      if (!document.hidden) ticks.set(ticks.value + 1)
    }, PERIOD_MS)
    return () => clearInterval(timer)
  }, [isCounted])
  return loaded
}

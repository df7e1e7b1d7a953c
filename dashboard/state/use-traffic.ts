import { useEffect } from 'preact/hooks'
import { read } from '../api/client.ts'
import type { Traffic } from '../api/shapes.ts'
import { Store } from './store.ts'
import { type Loaded, useLoad } from './use-load.ts'
import { useOffer } from './version.ts'

const PERIOD_MS = 2_000
const ticks = new Store(0)

/** What goes through the proxy, where it is counted; read again every two seconds while somebody looks. */
export function useTraffic(): Loaded<Traffic> {
  const isCounted = useOffer('traffic') === true
  const loaded = useLoad(isCounted ? 'traffic' : null, (signal) => read<Traffic>('traffic', signal), ticks)
  useEffect(() => {
    if (!isCounted) return
    const timer = setInterval(() => {
      if (!document.hidden) ticks.set(ticks.value + 1)
    }, PERIOD_MS)
    return () => clearInterval(timer)
  }, [isCounted])
  return loaded
}

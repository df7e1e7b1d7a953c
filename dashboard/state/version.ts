import { version } from '../api/live.ts'
import type { Version } from '../api/shapes.ts'
import { useStore } from './store.ts'

/** Who is there; null: nobody has said it yet. */
export const useVersion = (): Version | null => useStore(version)

/** Whether this runtime shows something beside what Traefik's API does; null: nobody has said it yet. */
export const useOffer = (name: string): boolean | null => useVersion()?.offers.includes(name) ?? null

import { parseEntryPointAddress } from './address.ts'
import type { InstallConfig } from './install.ts'

/** The port of an entry point or of `:PORT`; null when there is no such entry point. */
export const redirectionPort = (target: string, install: InstallConfig): string | null => {
  if (/^:\d+$/.test(target)) return target.slice(1)
  const entryPoints = install.entryPoints ?? {}
  const address = Object.hasOwn(entryPoints, target) ? entryPoints[target]?.address : undefined
  // One that the system chooses is known to nobody.
  if (!address || address.startsWith('/')) return null
  try {
    return String(parseEntryPointAddress(address).port)
  } catch {
    // The address itself has been reported.
    return null
  }
}

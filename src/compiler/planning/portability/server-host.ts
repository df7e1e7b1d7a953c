import { parseServerUrl } from '../../../schema/server-url.ts'

/** Scheme and host of a server's URL; empty where it can't be read, which is a problem of its own. */
export function partsOf(url: string): { scheme: string; host: string } {
  try {
    return parseServerUrl(url)
  } catch {
    return { scheme: '', host: '' }
  }
}

/** The IP address that a URL names its server by, which Workers refuse; null: it is a name. */
export function ipAddressOf(url: string): string | null {
  const { host } = partsOf(url)
  return /^[0-9.]+$/.test(host) || host.includes(':') ? host : null
}

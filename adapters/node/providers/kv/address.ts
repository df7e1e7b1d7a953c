import { type HostPort, splitHostPort } from '../../../../src/compiler/planning/host-port.ts'

/**
 * Reads an endpoint as options write it: `host:port`, `[::1]:port`, also with a scheme before it and a slash behind.
 * @throws Error with Go's words; a password in the endpoint is not repeated
 */
export function addressOf(endpoint: string, defaultPort: number): HostPort {
  const address = endpoint
    .trim()
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/\/.*$/s, '')
    .replace(/^.*@/s, '')
  const hasPort = /:\d+$/.test(address) && (!address.includes('[') || address.includes(']:'))
  return splitHostPort(hasPort ? address : `${address}:${defaultPort}`)
}

/** `host:port`, with brackets where they are needed. */
export const addressText = ({ host, port }: HostPort): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

import type { DynamicConfig } from '../dynamic/dynamic.ts'

/**
 * Whether a provider's message says nothing, so that its last one stays in force: no section with routers, services,
 * middlewares or TLS objects. A section that is there and empty says something: it clears. Transports and models alone
 * count for nothing (Traefik v3.7 `pkg/server/configurationwatcher.go`).
 */
export const isEmptyConfiguration = ({ http, tcp, udp, tls }: DynamicConfig): boolean =>
  says(http, ['routers', 'services', 'middlewares']) === false &&
  says(tcp, ['routers', 'services', 'middlewares']) === false &&
  says(udp, ['routers', 'services']) === false &&
  says(tls, ['certificates', 'options', 'stores']) === false

const says = <S extends object>(section: S | undefined, parts: readonly (keyof S)[]): boolean => {
  if (section === undefined) return false
  return Object.keys(section).length === 0 || parts.some((part) => section[part] !== undefined)
}

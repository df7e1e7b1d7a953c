import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'

/** The keys of a router and its service. */
export const router = (name: string, rule = `Host(\`${name}.test\`)`): Record<string, string> => ({
  [`traefik/http/routers/${name}/rule`]: rule,
  [`traefik/http/routers/${name}/service`]: name,
  [`traefik/http/services/${name}/loadBalancer/servers/0/url`]: 'http://127.0.0.1:9',
})

export const routersOf = ({ http }: DynamicConfig): readonly string[] => Object.keys(http?.routers ?? {}).sort()

export const ruleOf = ({ http }: DynamicConfig, name: string): string | undefined => http?.routers?.[name]?.rule

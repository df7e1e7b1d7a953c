const OWN_ADDRESS = 'the option "forwardedHeaders.trustedIPs" of the entry point says whose word on the client counts'
const FIELDS = 'the middleware "headers" sets and removes fields'
const BODIES = 'docs/plugins.md shows a plugin in TypeScript that rewrites content'
const CACHE = 'a cache is not built in: put one behind it, or use the network of the edge'

/** What does the same as much-used plugins of Traefik's catalogue, by the module in lower case, without its version. */
const INSTEAD: Readonly<Record<string, string>> = {
  'github.com/17media/plugin-allowpath': 'a router with Path or PathRegexp, and none for the rest',
  'github.com/acouvreur/traefik-modsecurity-plugin':
    'the middleware "forwardAuth" with "forwardBody" asks the firewall first',
  'github.com/agence-gaya/traefik-plugin-blockuseragent':
    'a router with HeaderRegexp(`User-Agent`, …) and the middleware "respond"',
  'github.com/bettercorp/cloudflarewarp': OWN_ADDRESS,
  'github.com/darkweak/souin': CACHE,
  'github.com/jdel/staticresponse': 'the middleware "respond"',
  'github.com/kevtainer/denyip': 'a router with ClientIP(…) and the middleware "respond"',
  'github.com/kvncrw/denyip': 'a router with ClientIP(…) and the middleware "respond"',
  'github.com/lukaszraczylo/traefikoidc': 'the middleware "forwardAuth" with oauth2-proxy',
  'github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin':
    'the middleware "forwardAuth" asks a bouncer of CrowdSec that is a service of its own',
  'github.com/packruler/rewrite-body': BODIES,
  'github.com/paxxs/traefik-get-real-ip': OWN_ADDRESS,
  'github.com/soulbalz/traefik-real-ip': OWN_ADDRESS,
  'github.com/tommoulard/fail2ban': 'the middleware "rateLimit" slows such clients down',
  'github.com/traefik/plugin-blockpath': 'a router with Path or PathRegexp and the middleware "respond"',
  'github.com/traefik/plugin-rewritebody': BODIES,
  'github.com/traefik/plugin-simplecache': CACHE,
  'github.com/traefik/plugindemo': FIELDS,
  'github.com/trimm/traefik-maintenance': 'the middleware "maintenance"',
  'github.com/xcid/traefik-plugin-rewrite-headers': FIELDS,
}

/** Modules and what does the same, for the documentation. */
export const knownPlugins: readonly (readonly [module: string, instead: string])[] = Object.entries(INSTEAD)

const keyOf = (moduleName: string): string => moduleName.replace(/\/v\d+$/, '').toLowerCase()

/** Whether a module is one of those: nobody need ask for it to know that it is written in Go. */
export const isKnownGo = (moduleName: string): boolean => Object.hasOwn(INSTEAD, keyOf(moduleName))

/** A hint for a plugin in Go that can't run here. */
export const insteadOf = (moduleName: string): string =>
  INSTEAD[keyOf(moduleName)] ?? 'docs/plugins.md shows what does the same, and how one is written in TypeScript'

import { optionsOf } from '../../../src/compiler/decode/options.ts'
import { shapeOf } from '../../../src/compiler/decode/shape.ts'
import { dynamicSchema } from '../../../src/compiler/dynamic/dynamic.ts'

const everything = optionsOf(shapeOf(dynamicSchema))
const ours = everything.filter(({ meta }) => meta.ours === true).map(({ name }) => name)

/** What other providers say of their elements, and middlewares that only they make. */
const OF_PROVIDERS =
  /\.(fenced|defaultRule|expires|URLRewrite|requestHeaderModifier|responseHeaderModifier|requestRedirect|cors|appRoot|rewriteTarget|upstreamVHost|authTLSPassCertificateToUpstream|snippet|nginxHeaders|nginxUpstreamHashBy|forcePermanentRedirect|redirectRegex\.statusCode|forwardingTimeouts\.(read|write)Timeout)(\.|$)/

/** Every option of Traefik's dynamic configuration that has a value of its own or may stand alone. */
export const allOptions = everything.filter(
  ({ name, type, meta }) =>
    !ours.some((own) => name === own || name.startsWith(`${own}.`) || name.startsWith(`${own}[`)) &&
    !OF_PROVIDERS.test(name) &&
    !['map of block', 'list of block'].includes(type) &&
    (type !== 'block' || meta.mayBeEmpty === true),
)

/** A value of an option as text; now and then a wrong one. */
export function textFor(random, { name, type }) {
  if (random.chance(0.03)) return random.pick(['', 'yes', '-1', 'x y', '1.5', 'true'])
  const short = name.slice(name.lastIndexOf('.') + 1)
  if (short === 'rule') return name.startsWith('tcp.') ? random.pick(TCP_RULES) : random.pick(RULES)
  if (short in TEXTS) return random.pick(TEXTS[short])
  switch (type) {
    case 'boolean':
      return random.pick(['true', 'false', 'TRUE', '1', 'f'])
    case 'integer':
      return String(random.pick([0, 1, 2, 7, 100, 65535]))
    case 'number':
      return String(random.pick([0, 1, 42]))
    case 'duration':
      return random.pick(['1s', '10', '1m30s', '250ms', '0', '1h0m0s'])
    case 'block':
      return random.pick(['true', '', 'TRUE', 'false'])
    case 'list of string':
      return random.pick(['a', 'a,b', ' a , b ', 'a,,b', 'x@file,y'])
    default:
      return random.pick(['a', 'foo bar', 'a,b', 'X-Name', '10.0.0.1', 'ünï', '/p'])
  }
}

const RULES = [
  'Host(`a.test`)',
  'Host(`b.test`) && PathPrefix(`/x`)',
  'PathPrefix(`/`)',
  'Host("c.test") || Path(`/y`)',
  'Query(`a=b`)',
  'Nonsense(`a`)',
  '!Host(`d.test`)',
]
const TCP_RULES = [
  'HostSNI(`*`)',
  'HostSNI(`a.test`)',
  'HostSNI(`a.test`) || HostSNI(`b.test`)',
  'ClientIP(`10.0.0.0/8`)',
]

const TEXTS = {
  entryPoints: ['web', 'web,alt', 'missing', 'alt'],
  url: ['http://10.9.8.7:80', 'https://10.9.8.7', 'not a url'],
  address: ['10.9.8.7:80', 'db.test:5432'],
  port: ['80', '8080', '0', '70000'],
  scheme: ['http', 'https', 'h2c'],
  strategy: ['wrr', 'p2c', 'hrw', 'leasttime', 'other'],
  sourceRange: ['10.0.0.0/8', '10.0.0.0/8,127.0.0.1', 'nonsense'],
  regex: ['^/a/(.*)', '(', '.*'],
  status: ['200', '500-599', '404'],
  users: ['u:$apr1$x$y', 'a:b,c:d'],
  expression: ['NetworkErrorRatio() > 0.30', 'nonsense'],
  service: ['s', 'one', 'missing', 's@docker'],
  middlewares: ['m', 'one', 'm,one', 'm@file'],
  sameSite: ['lax', 'none', 'other'],
  mode: ['http', 'grpc'],
  version: ['1', '2'],
  excludedIPs: ['10.0.0.1', '10.0.0.1,10.0.0.2'],
  minVersion: ['VersionTLS12', 'VersionTLS13'],
  options: ['modern', 'default', 'modern@file'],
}

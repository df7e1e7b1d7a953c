// Random requests for the API, and what an answer says.

const KINDS = {
  http: ['routers', 'services', 'middlewares'],
  tcp: ['routers', 'services', 'middlewares'],
  udp: ['routers', 'services', 'middlewares'],
}
const OTHERS = [
  '/api/overview', '/api/rawdata', '/api/version', '/api/entrypoints', '/api/certificates', '/api', '/api/', '/api/http', '/api/http/',
  '/api/nothing', '/', '/dashboard', '/dashboard/', '/ping', '/pingpong', '/debug/vars', '/debug/nothing', '/debug/pprof/cmdline',
  '/api/providers/rest', '/dashboard/nothing', '/nothing', '/api/support-dumps',
] // biome-ignore format: a list
const VALUES = {
  search: ['a', 'A', '.test', 'r1', '@file', '@internal', 'host(', 'ä', '', '`', ' ', '%', 'm0'],
  status: ['enabled', 'disabled', 'warning', 'ENABLED', 'x', ''],
  serviceName: ['s0', 's0@file', 'api@internal', 'absent', 'S0', '', 'pages'],
  middlewareName: ['m0', 'm0@file', 'M0@file', 'absent', 'dashboard_redirect@internal', ''],
  sortBy: ['name', 'provider', 'priority', 'status', 'rule', 'service', 'entryPoints', 'type', 'servers', 'NAME', 'x', '', 'cn', 'issuer', 'validUntil'],
  direction: ['asc', 'desc', 'ASC', 'x', ''],
  page: ['1', '2', '3', '0', '-1', 'x', '', '1000', '1e3', '99999999999999999999', '+1', ' 1', '0x1', '01'],
  per_page: ['1', '2', '5', '100', '0', '-1', 'x', '', '1000000', '9223372036854775807', '2147483648', '1.5'],
  nothing: ['x'],
} // biome-ignore format: a list
const METHODS = [...Array(12).fill('GET'), 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'get']
const LINES = [
  'X-Forwarded-Prefix: /pre', 'X-Forwarded-Prefix: /pre/', 'X-Forwarded-Prefix: http://evil.test', 'X-Forwarded-Prefix: //evil.test', 'X-Forwarded-Prefix: a b', 'X-Forwarded-Prefix: /a?b#c', 'X-Forwarded-Prefix: /a%zz',
  'Accept: text/html', 'Accept: application/json', 'Origin: http://a.test', 'X-Forwarded-Host: b.test', 'X-Forwarded-Proto: https', 'If-None-Match: "x"', 'Range: bytes=0-1', 'Accept-Encoding: gzip',
] // biome-ignore format: a list

/**
 * A request.
 * @param {import('../random.mjs').Random} random
 * @param {object} rawData of the reference
 */
export function apiRequest(random, rawData) {
  const lines = [
    `${random.pick(METHODS)} ${target(random, rawData)} HTTP/1.1`,
    `Host: ${random.pick(['a.test', 'b.test:8080', '127.0.0.1'])}`,
    'Connection: close',
    ...(random.chance(0.15) ? [random.pick(LINES)] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function target(random, rawData) {
  if (random.chance(0.25)) return respelt(random, random.pick(OTHERS)) + (random.chance(0.3) ? query(random) : '')
  if (random.chance(0.08)) return respelt(random, `/api/entrypoints/${random.pick(['front', 'secure', 'datagrams', 'FRONT', 'absent', ''])}`)
  const kind = random.pick(['http', 'http', 'http', 'tcp', 'udp'])
  const list = random.pick(KINDS[kind])
  const path = `/api/${kind}/${list}`
  if (random.chance(0.45)) return respelt(random, path) + query(random)
  const key = kind === 'http' ? list : `${kind}${list[0].toUpperCase()}${list.slice(1)}`
  const names = [...Object.keys(rawData[key] ?? {}), 'absent@file', 's0', 'api@internal', 'noop@internal', '@file', 'r1@docker']
  return respelt(random, `${path}/${spelt(random, random.pick(names))}`) + (random.chance(0.1) ? query(random) : '')
} // biome-ignore format: a list

/** A name as a path may spell it. */
function spelt(random, name) {
  switch (random.below(6)) {
    case 0:
      return encodeURIComponent(encodeURIComponent(name))
    case 1:
      return encodeURI(name)
    case 2:
      return [...Buffer.from(name)].map((octet) => `%${octet.toString(16)}`).join('')
    default:
      return encodeURIComponent(name)
  }
}

/** A path as a client may get it wrong. */
function respelt(random, path) {
  if (random.chance(0.85)) return path
  const at = random.below(path.length)
  const slash = path.indexOf('/', at)
  switch (random.below(6)) {
    case 0:
      return `${path}/`
    case 1:
      return slash === -1 ? `/${path}` : `${path.slice(0, slash)}/${path.slice(slash)}`
    case 2:
      return slash === -1
        ? `${path}/.`
        : `${path.slice(0, slash)}/${random.pick(['.', '..', 'x/..'])}${path.slice(slash)}`
    case 3:
      return path.slice(0, at) + path.slice(at).toUpperCase()
    case 4:
      return `${path.slice(0, at)}%${path.charCodeAt(at).toString(16)}${path.slice(at + 1)}`
    default:
      return path.slice(0, at) + path.slice(at + 1) || '/'
  }
}

function query(random) {
  const names = random.some(Object.keys(VALUES), 0.25)
  if (random.chance(0.1)) names.push(...names)
  const pairs = names.map((name) => `${name}=${encodeURIComponent(random.pick(VALUES[name]))}`)
  if (random.chance(0.04))
    pairs.push(random.pick(['page', 'search=%zz', 'a;b=c', 'page=1;per_page=1', '=x', '&&', 'search=a+b']))
  return pairs.length === 0 ? random.pick(['', '', '?']) : `?${pairs.join('&')}`
}

/**
 * What an answer says, made comparable.
 * @param {Readonly<Record<string, number>>} ports of the proxy, by entry point
 */
export function told(answer, ports) {
  if (answer === null) return null
  const { status, content } = answer
  const { date: _, 'content-length': length, 'transfer-encoding': framing, ...fields } = answer.fields
  return { status, fields: comparable(fields, ports), isEmpty: content === '', content: contentOf(content, ports) }
}

function contentOf(text, ports) {
  let value
  try {
    value = JSON.parse(text)
  } catch {
    return withoutPorts(text, ports)
  }
  return comparable(value, ports)
}

const UNORDERED = new Set(['servers', 'usedBy', 'using', 'entryPoints'])

/** Without what each process has of its own. */
function comparable(value, ports, key = '') {
  if (typeof value === 'string') return withoutPorts(value, ports)
  if (Array.isArray(value)) {
    const list = value.map((item) => comparable(item, ports))
    // Lists of elements are told apart by their names, and by the order of those.
    if (list.every((item) => typeof item?.name === 'string')) {
      return { names: list.map(({ name }) => name), ...Object.fromEntries(list.map((item) => [item.name, item])) }
    }
    return UNORDERED.has(key) ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list
  }
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value).filter((name) => !['startDate', 'Version', 'Codename'].includes(name))
  return Object.fromEntries(keys.sort().map((name) => [name, comparable(value[name], ports, name)]))
}

/** Entry points of the two have ports of their own, and so have some that a proxy is started with in any case. */
function withoutPorts(text, ports) {
  const name = Object.keys(ports).find((name) => text === String(ports[name]))
  return name === undefined ? text.replace(/(?<=(?:127\.0\.0\.1|\.test):)\d{4,5}/g, '<port>') : `<${name}>`
}

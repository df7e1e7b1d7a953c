import http from 'node:http'
import { loadAll } from 'js-yaml'
import type { Manifest } from './kubernetes.ts'

/** Ingresses with annotations of ingress-nginx, requests for them, and what a proxy answers: for facts and for tests. */

/** A server that tells what it was asked, and answers with the status that the query names. */
export function echoServer(name: string): http.Server {
  return http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://x')
      const status = Number(url.searchParams.get('status') ?? 200)
      const fields: Record<string, string> = { 'Content-Type': 'application/json', 'X-Server': name, 'X-Hidden': 'h' }
      for (const [key, value] of url.searchParams) if (key.startsWith('h-')) fields[key.slice(2)] = value
      response.writeHead(status, fields)
      const { method, url: target, headers } = request
      response.end(JSON.stringify({ name, method, target, headers, length: Buffer.concat(chunks).length }))
    })
  })
}

/** A request; `host` is the host without `.test`. */
export interface Asked {
  readonly name: string
  readonly host: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** It is sent so often; the last answer counts. */
  readonly times?: number
  /** Why we answer otherwise than Traefik, and how. */
  readonly differs?: {
    readonly why: string
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
  }
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What the server was asked, or the text. */
  readonly body: unknown
}

const PREFIX = 'nginx.ingress.kubernetes.io/'

interface Sketch {
  readonly annotations?: Readonly<Record<string, string>>
  readonly path?: string
  readonly pathType?: string
  readonly service?: string
  readonly host?: string
  readonly more?: object
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: nginx has variables of this form too
/** @param auth address of the server that decides, `http://127.0.0.1:PORT` */
export const ingresses = (auth: string): Readonly<Record<string, Sketch>> => ({
  plain: {},
  gone: { service: 'gone' },
  basic: { annotations: { 'auth-type': 'basic', 'auth-secret': 'users', 'auth-realm': 'Here' } },
  asked: {
    annotations: {
      'auth-url': `${auth}/auth?$args&h-X-User=jo`,
      'auth-response-headers': 'X-User',
      'auth-method': 'PUT',
    },
  },
  signin: { annotations: { 'auth-url': `${auth}/auth?status=401`, 'auth-signin': 'https://in.test/start' } },
  'signin-own': {
    annotations: { 'auth-url': `${auth}/auth?status=401`, 'auth-signin': 'https://in.test/?rd=$escaped_request_uri' },
  },
  dynamic: { annotations: { 'auth-url': `${auth.replace('127.0.0.1', '$arg_to')}/auth` } },
  down: { annotations: { 'auth-url': 'http://127.0.0.1:1/auth' } },
  'auth-snippet': {
    annotations: {
      'auth-url': `${auth}/auth?h-X-Seen=$http_x_in`,
      'auth-response-headers': 'X-Seen',
      'auth-snippet': 'proxy_set_header X-Extra $request_method;',
    },
  },
  tls: { annotations: { 'force-ssl-redirect': 'true' } },
  root: { annotations: { 'app-root': '/app?a=b' } },
  'root-else': { annotations: { 'app-root': '/app' }, path: '/only' },
  permanent: { annotations: { 'permanent-redirect': 'https://p.test/x' } },
  temporal: { annotations: { 'temporal-redirect': 'https://t.test/$1', 'temporal-redirect-code': '307' } },
  'redirect-regex': {
    annotations: { 'permanent-redirect': 'https://p.test/$1', 'use-regex': 'true' },
    path: '/old/(.*)',
    pathType: 'ImplementationSpecific',
  },
  www: { annotations: { 'from-to-www-redirect': 'true' } },
  rewrite: {
    annotations: { 'rewrite-target': '/$2', 'x-forwarded-prefix': '/$1' },
    path: '/(some)(?:/|$)(.*)',
    pathType: 'ImplementationSpecific',
  },
  'rewrite-url': {
    annotations: { 'rewrite-target': 'https://z.test/$1' },
    path: '/go/(.*)',
    pathType: 'ImplementationSpecific',
  },
  header: {},
  value: {},
  pattern: {},
  weight: {},
  rate: { annotations: { 'limit-rps': '1', 'limit-burst-multiplier': '2' } },
  allowed: { annotations: { 'allowlist-source-range': '10.0.0.0/8' } },
  cors: { annotations: { 'enable-cors': 'true', 'cors-allow-origin': 'https://*.o.test,https://p.test' } },
  errors: { annotations: { 'custom-http-errors': '404,503', 'default-backend': 'pages' } },
  fields: { annotations: { 'custom-headers': 'shop/headers' } },
  broken: { annotations: { 'custom-headers': 'shop/none' } },
  vhost: { annotations: { 'upstream-vhost': '$service_name.$namespace.$arg_x.test' } },
  size: { annotations: { 'proxy-request-buffering': 'on', 'proxy-body-size': '10' } },
  sticky: { annotations: { affinity: 'cookie', 'session-cookie-max-age': '60', 'session-cookie-samesite': 'Lax' } },
  hash: { annotations: { 'upstream-hash-by': '$request_uri' } },
  alias: { annotations: { 'server-alias': 'other-name.test' } },
  snippet: {
    annotations: {
      'server-snippet': 'more_set_headers "X-Outer: o"; add_header X-Added outer;',
      'configuration-snippet': [
        'set $name "a b";',
        'add_header X-Added "inner $name";',
        'add_header X-Always yes always;',
        'more_set_headers "X-One: $request_method" "X-Server:";',
        'more_clear_headers X-Hid*;',
        'more_set_input_headers "X-In: $host";',
        'proxy_set_header X-Set "$scheme $server_port ${name} $unknown";',
        'proxy_set_header X-Gone "";',
      ].join('\n'),
    },
  },
  returns: { annotations: { 'configuration-snippet': 'return 403 "no $uri";' } },
  'returns-url': { annotations: { 'configuration-snippet': 'return 301 https://r.test$request_uri;' } },
  'returns-bare': { annotations: { 'configuration-snippet': 'return https://r.test/;' } },
  conditions: {
    annotations: {
      'configuration-snippet': [
        'if ($request_method = POST) { return 405; }',
        'if ($arg_a ~ "^x(.*)$") { add_header X-Match $1; }',
        'if ($http_x_y) { add_header X-Yes 1; }',
        'if ($arg_b !~* "^UP$") { add_header X-Not 1; }',
      ].join('\n'),
    },
  },
  rewrites: {
    annotations: {
      'configuration-snippet': [
        'rewrite ^/a/(.*)$ /b/$1 break;',
        'rewrite ^/c/(.*)$ /d/$1?q=1;',
        'rewrite ^/e/(.*)$ https://e.test/$1 permanent;',
        'rewrite ^/f/ /../x;',
        'rewrite ^/g/ /h/? last;',
      ].join('\n'),
    },
  },
  denied: { annotations: { 'configuration-snippet': 'allow 10.0.0.0/8; deny all; add_header X-A b always;' } },
  places: {
    annotations: {
      'server-snippet':
        'location /in { add_header X-In 1; } location ~ ^/re { return 410; } location = /is { return 411; }',
    },
  },
  expires: { annotations: { 'configuration-snippet': 'expires epoch;' } },
  method: { annotations: { 'configuration-snippet': 'proxy_method PUT;' } },
  set: {
    annotations: {
      'auth-url': `${auth}/auth?h-X-User=jo`,
      'configuration-snippet': 'auth_request_set $user $upstream_http_x_user; proxy_set_header X-Who $user;',
    },
  },
  'single-quotes': { annotations: { 'configuration-snippet': "more_set_headers 'X-Q: q';" } },
  'two-returns': { annotations: { 'configuration-snippet': 'if ($arg_no) { return 403; }\nreturn 200 "open";' } },
  filtered: { annotations: { 'configuration-snippet': 'more_set_headers -s 404 "X-404: y";' } },
  hidden: { annotations: { 'configuration-snippet': 'proxy_hide_header X-Hidden;' } },
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

/** Canary Ingresses, by the host that they share. */
const CANARIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  header: { 'canary-by-header': 'X-Canary', 'canary-by-cookie': 'cc' },
  value: { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'beta' },
  pattern: { 'canary-by-header': 'X-Canary', 'canary-by-header-pattern': '^v[0-9]$' },
  weight: { 'canary-weight': '100' },
}

export const requests: readonly Asked[] = [
  { name: 'as it is', host: 'plain', path: '/a%2Fb?c=d' },
  { name: 'no such service', host: 'gone' },
  { name: 'no credentials', host: 'basic' },
  { name: 'credentials', host: 'basic', headers: { Authorization: `Basic ${btoa('jo:word')}` } },
  { name: 'wrong credentials', host: 'basic', headers: { Authorization: `Basic ${btoa('jo:nope')}` } },
  { name: 'another server lets pass', host: 'asked', path: '/x?a=b', headers: { 'X-User': 'forged' } },
  { name: 'another server refuses', host: 'asked', path: '/x?status=403' },
  { name: 'another server leads elsewhere', host: 'asked', path: '/x?status=302&h-Location=/login' },
  { name: 'to the page for signing in', host: 'signin', path: '/x?a=b' },
  { name: 'to a page for signing in that knows where from', host: 'signin-own', path: '/x?a=b' },
  { name: 'a server that the request names', host: 'dynamic', path: '/?to=127.0.0.1' },
  { name: 'a server that the request names badly', host: 'dynamic', path: '/?to=%20' },
  { name: 'the server that decides is down', host: 'down' },
  { name: 'the question has more fields', host: 'auth-snippet', headers: { 'X-In': 'i' } },
  { name: 'to TLS', host: 'tls', path: '/a?b=c' },
  { name: 'to TLS with content', host: 'tls', method: 'POST', body: 'x' },
  { name: 'the bare root', host: 'root' },
  { name: 'not the bare root', host: 'root', path: '/other' },
  { name: 'the bare root that nobody serves', host: 'root-else' },
  { name: 'elsewhere for good', host: 'permanent', path: '/a' },
  { name: 'elsewhere for now', host: 'temporal', method: 'POST' },
  { name: 'elsewhere by an expression', host: 'redirect-regex', path: '/old/a/b?c' },
  { name: 'without www', host: 'www.www', path: '/a?b' },
  { name: 'another path', host: 'rewrite', path: '/some/a%20b?c=d' },
  { name: 'another path, the end', host: 'rewrite', path: '/some' },
  { name: 'another path, whatever the case', host: 'rewrite', path: '/SOME/x' },
  { name: 'a path with dots', host: 'rewrite', path: '/some/%2e%2e/x' },
  { name: 'another path elsewhere', host: 'rewrite-url', path: '/go/x?y=z' },
  { name: 'always the canary', host: 'header', headers: { 'X-Canary': 'always' } },
  { name: 'never the canary', host: 'header', headers: { 'X-Canary': 'never', Cookie: 'cc=always' } },
  { name: 'the canary by cookie', host: 'header', headers: { Cookie: 'a=b; cc=always' } },
  { name: 'no canary by a longer cookie', host: 'header', headers: { Cookie: 'xcc=always' } },
  { name: 'the canary by value', host: 'value', headers: { 'X-Canary': 'beta' } },
  { name: 'another value', host: 'value', headers: { 'X-Canary': 'always' } },
  { name: 'the canary by pattern', host: 'pattern', headers: { 'X-Canary': 'v7' } },
  { name: 'the canary by weight', host: 'weight' },
  { name: 'too many requests', host: 'rate', times: 6 },
  { name: 'from elsewhere', host: 'allowed' },
  {
    name: 'may I, by a browser',
    host: 'cors',
    method: 'OPTIONS',
    headers: {
      Origin: 'https://a.o.test',
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'X',
    },
  },
  { name: 'from a page', host: 'cors', headers: { Origin: 'https://p.test' } },
  { name: 'from a page that may not', host: 'cors', headers: { Origin: 'https://evil.test' } },
  {
    name: 'a page for an error',
    host: 'errors',
    path: '/e?status=404',
    headers: { Accept: 'text/html', 'X-Request-ID': 'i' },
  },
  { name: 'an error without a page', host: 'errors', path: '/e?status=500' },
  { name: 'fields out of a ConfigMap', host: 'fields' },
  { name: 'fields that are not there', host: 'broken' },
  { name: 'another host for the server', host: 'vhost', path: '/?x=y' },
  {
    name: 'no host for the server',
    host: 'vhost',
    path: '/?x=a%20b',
    differs: { why: 'what is no host is not sent; Traefik sends an empty one', status: 500 },
  },
  { name: 'little content', host: 'size', method: 'POST', body: 'x'.repeat(10) },
  { name: 'much content', host: 'size', method: 'POST', body: 'x'.repeat(11) },
  { name: 'a cookie', host: 'sticky' },
  { name: 'by a hash', host: 'hash', path: '/x' },
  { name: 'an alias', host: 'other-name' },
  { name: 'directives', host: 'snippet', headers: { 'X-Gone': 'there' } },
  { name: 'directives for an error', host: 'snippet', path: '/?status=404' },
  { name: 'return', host: 'returns', path: '/a%20b' },
  { name: 'return to a URL', host: 'returns-url', path: '/a?b' },
  { name: 'return a URL', host: 'returns-bare' },
  { name: 'a condition that ends it', host: 'conditions', method: 'POST', body: 'x' },
  { name: 'conditions', host: 'conditions', path: '/?a=xyz&b=up', headers: { 'X-Y': '1' } },
  { name: 'no condition', host: 'conditions' },
  { name: 'rewrite and break', host: 'rewrites', path: '/a/x?y' },
  { name: 'rewrite with a query', host: 'rewrites', path: '/c/x?y' },
  { name: 'rewrite for good', host: 'rewrites', path: '/e/x?y' },
  { name: 'rewrite to a path with dots', host: 'rewrites', path: '/f/x' },
  { name: 'rewrite without the query', host: 'rewrites', path: '/g/x?y' },
  { name: 'deny', host: 'denied' },
  { name: 'a location', host: 'places', path: '/in/x' },
  { name: 'a location by an expression', host: 'places', path: '/re' },
  { name: 'a location by its name', host: 'places', path: '/is' },
  { name: 'expires', host: 'expires' },
  { name: 'another method', host: 'method' },
  { name: 'a variable of the answer', host: 'set' },
  {
    name: 'single quotation marks',
    host: 'single-quotes',
    differs: { why: 'they quote; in Traefik they are part of the text', status: 200, headers: { 'x-q': 'q' } },
  },
  {
    name: 'two returns',
    host: 'two-returns',
    path: '/?no=1',
    differs: { why: 'the first one counts, as in nginx; in Traefik the last one does', status: 403 },
  },
  { name: 'the second return', host: 'two-returns' },
  {
    name: 'a field for a status',
    host: 'filtered',
    path: '/?status=404',
    differs: {
      why: 'in Traefik directives with -s or -t do nothing to answers',
      status: 404,
      headers: { 'x-404': 'y' },
    },
  },
  {
    name: 'a field that is hidden',
    host: 'hidden',
    differs: { why: 'in Traefik proxy_hide_header does nothing', status: 200, headers: { 'x-hidden': '' } },
  },
]

/** @param ports of the servers by name: `main`, `canary`, `pages`, `auth` */
export function manifestsFor(ports: Readonly<Record<string, number>>): readonly Manifest[] {
  const made: unknown[] = []
  const add = (apiVersion: string, kind: string, name: string, rest: object, annotations: object = {}): void => {
    made.push({ apiVersion, kind, metadata: { name, namespace: 'shop', annotations }, ...rest })
  }
  const external = (name: string, port: number): void =>
    add('v1', 'Service', name, {
      spec: { type: 'ExternalName', externalName: '127.0.0.1', ports: [{ port: 80, targetPort: port }] },
    })
  for (const name of ['main', 'canary', 'pages']) external(name, ports[name]!)
  add('v1', 'Secret', 'users', { stringData: { auth: 'jo:{SHA}PLACEHOLDER' } })
  add('v1', 'ConfigMap', 'headers', { data: { 'X-One': 'a b' } })
  const rule = (name: string, { host = `${name}.test`, path = '/', pathType = 'Prefix' }: Sketch, service: string) => ({
    ingressClassName: 'nginx',
    rules: [
      { host, http: { paths: [{ path, pathType, backend: { service: { name: service, port: { number: 80 } } } }] } },
    ],
  })
  const prefixed = (own: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(own).map(([name, value]) => [PREFIX + name, value]))
  for (const [name, sketch] of Object.entries(ingresses(`http://127.0.0.1:${ports.auth}`))) {
    const spec = rule(name, sketch, sketch.service ?? 'main')
    add('networking.k8s.io/v1', 'Ingress', name, { spec }, prefixed(sketch.annotations ?? {}))
  }
  for (const [name, own] of Object.entries(CANARIES)) {
    const spec = rule(name, {}, 'canary')
    add('networking.k8s.io/v1', 'Ingress', `${name}-canary`, { spec }, prefixed({ canary: 'true', ...own }))
  }
  const cluster = loadAll(
    '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}',
  )
  return JSON.parse(JSON.stringify([...cluster, ...made]).replace('PLACEHOLDER', SHA_OF_WORD)) as Manifest[]
}

/** Of `word`. */
const SHA_OF_WORD = 'PLzZCtxLGSqHpiWFC38jHK3fDrM='

/** What differs from run to run, or from proxy to proxy, and says nothing. */
const NOT_COMPARED = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])
const NOT_COMPARED_OF_SERVERS = new Set(['connection', 'x-forwarded-server', 'user-agent', 'accept-encoding'])

/** Asks a proxy. */
export async function answerTo(port: number, asked: Asked, ports: Readonly<Record<string, number>>): Promise<Answered> {
  for (let left = (asked.times ?? 1) - 1; left > 0; left--) await send(port, asked)
  const { status, headers, text } = await send(port, asked)
  const shown = plain(text, ports)
  let body: unknown = shown
  try {
    const told = JSON.parse(shown) as { headers?: Record<string, string> }
    if (told.headers !== undefined) told.headers = without(told.headers, NOT_COMPARED_OF_SERVERS)
    body = told
  } catch {
    // A text.
  }
  const fields = without(headers, NOT_COMPARED)
  for (const [name, value] of Object.entries(fields)) fields[name] = plain(value, ports)
  return { status, headers: fields, body }
}

/** Ports are others each time, and so are values of cookies that are made of them. */
function plain(text: string, ports: Readonly<Record<string, number>>): string {
  let out = text
  for (const [name, port] of Object.entries(ports)) out = out.replaceAll(`:${port}`, `:<${name}>`)
  return out.replace(/INGRESSCOOKIE=[0-9a-f]+/, 'INGRESSCOOKIE=<server>').replace(/^\d+(?:\.\d+)?ms$/, '<time>')
}

const without = (fields: Readonly<Record<string, string>>, names: ReadonlySet<string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !names.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const send = (
  port: number,
  { host, path = '/', method = 'GET', headers = {}, body }: Asked,
): Promise<{ status: number; headers: Record<string, string>; text: string }> =>
  new Promise((resolve, reject) => {
    const request = http.request(
      { port, host: '127.0.0.1', path, method, headers: { Host: `${host}.test`, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const fields: Record<string, string> = {}
          for (const [name, value] of Object.entries(response.headers)) fields[name] = String(value)
          resolve({ status: response.statusCode ?? 0, headers: fields, text: Buffer.concat(chunks).toString() })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: nginx has variables of this form too
import type * as z from 'zod'
import type { MiddlewareKind } from '../../src/contracts/kinds.ts'
import { appRootElement } from '../../src/middlewares/app-root/app-root.schema.ts'
import { appRoot } from '../../src/middlewares/app-root/app-root.ts'
import { redirectRegexElement } from '../../src/middlewares/redirect-regex/redirect-regex.schema.ts'
import { redirectRegex } from '../../src/middlewares/redirect-regex/redirect-regex.ts'
import { redirectSchemeElement } from '../../src/middlewares/redirect-scheme/redirect-scheme.schema.ts'
import { redirectScheme } from '../../src/middlewares/redirect-scheme/redirect-scheme.ts'
import { rewriteTargetElement } from '../../src/middlewares/rewrite-target/rewrite-target.schema.ts'
import { rewriteTarget } from '../../src/middlewares/rewrite-target/rewrite-target.ts'
import { snippetElement } from '../../src/middlewares/snippet/snippet.schema.ts'
import { snippet } from '../../src/middlewares/snippet/snippet.ts'
import { upstreamVHostElement } from '../../src/middlewares/upstream-vhost/upstream-vhost.schema.ts'
import { upstreamVHost } from '../../src/middlewares/upstream-vhost/upstream-vhost.ts'
import type { ElementSchema } from '../../src/schema/element.ts'
import { buildMiddleware, exchange, type RequestSketch, type ResponseSketch } from './middleware.ts'

/** What middlewares of ingress-nginx do to a request, in whatever runtime. */
export interface NginxCase {
  readonly name: string
  readonly run: () => Promise<Outcome>
  readonly expected: Partial<Outcome>
}

export interface Outcome {
  readonly status: number
  readonly location: string | null
  readonly text: string
  /** Target that the next handler got; null: it was not reached. */
  readonly target: string | null
  readonly host: string | null
  readonly method: string | null
  /** Values of fields: `in` those of the request, `out` those of the answer. */
  readonly in: (name: string) => string | null
  readonly out: (name: string) => string | null
}

const of =
  <S extends z.ZodType, C>(element: ElementSchema<S, C>, kind: MiddlewareKind<C>) =>
  (options: z.input<S>, sketch: RequestSketch, answer: ResponseSketch = {}) =>
  async (): Promise<Outcome> => {
    const { response, seen } = await exchange(buildMiddleware(element, kind, options), sketch, answer)
    const { content } = response
    return {
      status: response.status,
      location: response.headers.first('location'),
      text: typeof content === 'string' ? content : '',
      target: seen?.target ?? null,
      host: seen?.authority ?? null,
      method: seen?.method ?? null,
      in: (name) => seen?.headers.get(name) ?? null,
      out: (name) => response.headers.get(name),
    }
  }

const root = of(appRootElement, appRoot)
const rewrite = of(rewriteTargetElement, rewriteTarget)
const vhost = of(upstreamVHostElement, upstreamVHost)
const directives = of(snippetElement, snippet)
const configured = (text: string, sketch: RequestSketch = {}, answer: ResponseSketch = {}) =>
  directives({ configurationSnippet: text }, sketch, answer)

export const nginxCases: readonly NginxCase[] = [
  {
    name: 'appRoot: the bare root',
    run: root({ path: '/app' }, { target: '/?a=b' }),
    expected: { status: 302, location: 'http://host.example/app', target: null },
  },
  { name: 'appRoot: another path', run: root({ path: '/app' }, { target: '/x' }), expected: { target: '/x' } },
  {
    name: 'appRoot: variables',
    run: root({ path: '/$scheme/$arg_a' }, { target: '/?a=%0d%0aX%3A%20y' }),
    expected: { location: 'http://host.example/http/%0d%0aX: y' },
  },
  {
    name: 'redirectRegex with a status',
    run: of(redirectRegexElement, redirectRegex)({ regex: '.*', replacement: 'https://x.test', statusCode: 307 }, {}),
    expected: { status: 307, location: 'https://x.test' },
  },
  {
    name: 'redirectScheme for good',
    run: of(redirectSchemeElement, redirectScheme)(
      { scheme: 'https', forcePermanentRedirect: true },
      { target: '/a?b' },
    ),
    expected: { status: 308, location: 'https://host.example/a?b' },
  },
  {
    name: 'rewriteTarget: groups and the query',
    run: rewrite({ regex: '/(some)/(.*)', replacement: '/$2', xForwardedPrefix: '/$1' }, { target: '/SOME/a%20b?c' }),
    expected: { target: '/a%20b?c' },
  },
  {
    name: 'rewriteTarget: no match',
    run: rewrite({ regex: '/other', replacement: '/x' }, { target: '/a' }),
    expected: { target: '/a' },
  },
  {
    name: 'rewriteTarget: the whole path',
    run: rewrite({ replacement: '/x$1' }, { target: '/a' }),
    expected: { target: '/x' },
  },
  {
    name: 'rewriteTarget: a path with dots is refused',
    run: rewrite({ regex: '/a/(.*)', replacement: '/$1' }, { target: '/a/%2e%2e/x' }),
    expected: { status: 400, target: null },
  },
  {
    name: 'rewriteTarget: a URL, with the query of the request',
    run: rewrite({ regex: '/go/(.*)', replacement: 'https://z.test/$1' }, { target: '/go/x?y=z' }),
    expected: { status: 302, location: 'https://z.test/x?y=z' },
  },
  {
    name: 'rewriteTarget: a URL without groups takes all',
    run: rewrite({ regex: '/go', replacement: 'https://z.test/?own=1' }, { target: '/go/x?y=z' }),
    expected: { location: 'https://z.test/?own=1' },
  },
  {
    name: 'upstreamVHost: variables',
    run: vhost({ vHost: '$svc.$host', vars: { $svc: 's' } }, { host: 'A.test:80' }),
    expected: { host: 's.a.test' },
  },
  {
    name: 'upstreamVHost: what is no host',
    run: vhost({ vHost: '$arg_a' }, { target: '/?a=x%0d%0ay' }),
    expected: { status: 500, target: null },
  },
  {
    name: 'return',
    run: configured('return 418 "$uri $unknown";', { target: '/a%20b' }),
    expected: { status: 418, text: '/a b $unknown', target: null },
  },
  { name: 'the first return counts', run: configured('return 403; return 200;'), expected: { status: 403 } },
  {
    name: 'return in a condition',
    run: configured('if ($request_method = GET) { return 405; } return 200;'),
    expected: { status: 405 },
  },
  {
    name: 'return to a relative URL',
    run: configured('return 301 x?y=$args;', { target: '/a/b?c' }),
    expected: { status: 301, location: '/a/x?y=c' },
  },
  {
    name: 'rewrite and break',
    run: configured('rewrite ^/a/(.*)$ /b/$1 break; return 500;', { target: '/a/%C3%BC?q' }),
    expected: { status: 200, target: '/b/%C3%BC?q' },
  },
  {
    name: 'rewrite with another query',
    run: configured('rewrite ^ /b?x=$arg_y;', { target: '/a?y=1' }),
    expected: { target: '/b?x=1' },
  },
  {
    name: 'rewrite without a query',
    run: configured('rewrite ^ /b?;', { target: '/a?y=1' }),
    expected: { target: '/b' },
  },
  {
    name: 'rewrite to dots',
    run: configured('rewrite ^ /../b;', { target: '/a' }),
    expected: { status: 400, target: null },
  },
  {
    name: 'rewrite for good',
    run: configured('rewrite ^/(.*) $scheme://x.test/$1 permanent;', { target: '/a' }),
    expected: { status: 301, location: 'http://x.test/a' },
  },
  {
    name: 'deny',
    run: configured('allow 10.0.0.0/8; deny all;'),
    expected: { status: 403, text: '403 Forbidden', target: null },
  },
  { name: 'allow', run: configured('allow 192.0.2.0/24; deny all;'), expected: { status: 200 } },
  { name: 'another method', run: configured('proxy_method PUT;'), expected: { method: 'PUT' } },
  {
    name: 'a location that is not it',
    run: directives({ serverSnippet: 'location /b { return 410; }' }, { target: '/a' }),
    expected: { status: 200, target: '/a' },
  },
  {
    name: 'a location by an expression',
    run: directives({ serverSnippet: 'location ~* \\.PHP$ { return 410; }' }, { target: '/a.php' }),
    expected: { status: 410 },
  },
]

/** Fields that directives leave. */
export const nginxFieldCases: readonly {
  readonly name: string
  readonly run: () => Promise<Outcome>
  readonly in?: Readonly<Record<string, string | null>>
  readonly out?: Readonly<Record<string, string | null>>
}[] = [
  {
    name: 'rewriteTarget tells the prefix',
    run: rewrite({ regex: '/(some)/(.*)', replacement: '/$2', xForwardedPrefix: '/$1' }, { target: '/some/x' }),
    in: { 'x-forwarded-prefix': '/some' },
  },
  {
    name: 'fields of the request',
    run: configured(
      'proxy_set_header X-A "$host ${arg_q}"; proxy_set_header X-B ""; more_set_input_headers "X-C: c";',
      {
        host: 'H.test:81',
        target: '/?q=1%0a2',
        headers: ['X-B', 'b'],
      },
    ),
    in: { 'x-a': 'h.test 1 2', 'x-b': null, 'x-c': 'c' },
  },
  {
    name: 'framing stays ours',
    run: configured(
      'proxy_set_header Content-Length 5; proxy_set_header Connection close; more_clear_input_headers Transfer-*;',
      {
        headers: ['Content-Length', '3'],
      },
    ),
    in: { 'content-length': '3', connection: null },
  },
  {
    name: 'fields of the answer',
    run: configured(
      'add_header X-A a; more_set_headers "X-B: $request_method" "X-C"; more_clear_headers X-D*;',
      {},
      {
        headers: ['X-A', 'own', 'X-C', 'c', 'X-D1', '1', 'x-d2', '2'],
      },
    ),
    out: { 'x-a': 'own, a', 'x-b': 'GET', 'x-c': null, 'x-d1': null, 'x-d2': null },
  },
  {
    name: 'add_header counts for some statuses alone',
    run: configured('add_header X-A a; add_header X-B b always;', {}, { status: 404 }),
    out: { 'x-a': null, 'x-b': 'b' },
  },
  {
    name: 'add_header of a block stands in the place of those around it',
    run: configured('add_header X-A a; if ($arg_a) { add_header X-B b; }', { target: '/?a=1' }),
    out: { 'x-a': null, 'x-b': 'b' },
  },
  {
    name: 'flags: status, type, append, restrict',
    run: configured(
      'more_set_headers -s "404 500" "X-S: s"; more_set_headers -s 200 "X-N: n"; more_set_headers -t text/html "X-T: t"; more_set_headers -a "X-Own: more"; more_set_headers -r "X-R: r";',
      {},
      { status: 404, headers: ['Content-Type', 'text/html; charset=utf-8', 'X-Own', 'own'] },
    ),
    out: { 'x-s': 's', 'x-n': null, 'x-t': 't', 'x-own': 'own, more', 'x-r': null },
  },
  {
    name: 'a field that is hidden, and expires',
    run: configured('proxy_hide_header X-A; expires 1h;', {}, { headers: ['X-A', 'a'] }),
    out: { 'x-a': null, expires: 'Thu, 01 Jan 1970 01:00:00 GMT', 'cache-control': 'max-age=3600' },
  },
  {
    name: 'groups of a condition',
    run: configured('if ($http_x ~ "^(a)(.*)$") { more_set_headers "X-G: $2-$1"; }', { headers: ['X', 'abc'] }),
    out: { 'x-g': 'bc-a' },
  },
  {
    name: 'what a variable holds ends no line',
    run: configured('more_set_headers "X-A: $arg_a";', { target: '/?a=x%0d%0aSet-Cookie%3A%20y' }),
    out: { 'x-a': 'x  Set-Cookie: y', 'set-cookie': null },
  },
]

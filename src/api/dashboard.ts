import { noSuchPath } from './answers.ts'

const policy = { 'Content-Security-Policy': "frame-src 'self' https://traefik.io https://*.traefik.io;" }

const page = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Signalbox</title></head>
<body>
<h1>Signalbox</h1>
<p>The dashboard comes with a later release. The API has the same facts:
<a href="../api/overview">overview</a>, <a href="../api/rawdata">everything</a>,
<a href="../api/http/routers">routers</a>, <a href="../api/http/services">services</a>,
<a href="../api/http/middlewares">middlewares</a>, <a href="../api/entrypoints">entry points</a>.</p>
</body>
</html>
`

/** The page itself, reached at `/dashboard/`: its links are relative to that. */
export const dashboardPage = (): Response =>
  new Response(page, { headers: { 'Content-Type': 'text/html; charset=utf-8', ...policy } })

/** A file below `/dashboard/` that does not exist. */
export function noSuchAsset(): Response {
  const reply = noSuchPath()
  reply.headers.set('Content-Security-Policy', policy['Content-Security-Policy'])
  return reply
}

/**
 * From `basePath` to the page behind it, with what an outer proxy stripped in front.
 * @param prefix the client's `X-Forwarded-Prefix`; anything that could lead to another origin is ignored
 */
export function redirectToDashboard(prefix: string | null, basePath: string): Response {
  const safe = prefix !== null && /^\/(?!\/)[\w\-.~%!$&'()*+,;=:@/]*$/.test(prefix) ? prefix : ''
  const location = `${safe}/${basePath}/dashboard/`.replace(/\/+/g, '/')
  return new Response(null, { status: 302, headers: { Location: location } })
}

/** `dashboard@internal`: the page alone, behind a middleware that strips `/dashboard/`. */
export const dashboardOnly = (request: Request): Response =>
  new URL(request.url).pathname === '/' ? dashboardPage() : noSuchAsset()

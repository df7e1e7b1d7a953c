import { expect, test } from 'vitest'
import { serving } from './proxy.ts'

test('the dashboard comes from static assets', async () => {
  const { url } = await serving({
    http: { routers: { box: { rule: 'PathPrefix(`/dashboard`)', service: 'api@internal' } } },
  })
  const page = await fetch(new URL('/dashboard/', url))
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/)
  const [name] = /app-[A-Z0-9]{8}\.js/.exec(await page.text()) ?? []
  const asset = await fetch(new URL(`/dashboard/${name}`, url))
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
  const tag = asset.headers.get('etag')!
  const again = await fetch(new URL(`/dashboard/${name}`, url), { headers: { 'If-None-Match': tag } })
  expect(again.status).toBe(304)
  // Assets are behind the worker: nobody gets at them but by a router.
  for (const path of [`/${name}`, '/index.html', '/', '/dashboard/index.html', `/dashboard/${name}.br`])
    expect([path, (await fetch(new URL(path, url))).status]).toEqual([path, 404])
})

import { expect, test } from 'vitest'
import { dashboardFiles } from '../../adapters/cloudflare/dashboard-files.ts'
import { Dashboard } from '../../src/api/dashboard.ts'
import type { BytesBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'

test('a worker that has been deployed without says what its configuration needs', async () => {
  const page = await new Dashboard(dashboardFiles(undefined)).page(new Fields())
  expect(page.status).toBe(404)
  expect(new TextDecoder().decode(await (page.content as BytesBody).bytes(1_000))).toContain('SIGNALBOX_DASHBOARD')
})

test('what the assets do not have is not there', async () => {
  const asked: string[] = []
  const assets = {
    fetch: async (url: string) => {
      asked.push(url)
      return new Response(url.endsWith('.js') ? 'const app = 1' : 'no such asset', {
        status: url.endsWith('.js') ? 200 : 404,
      })
    },
  } as unknown as Fetcher
  const files = dashboardFiles(assets)
  expect(new TextDecoder().decode((await files.read('app-ABCDEFGH.js', null))!)).toBe('const app = 1')
  expect(await files.read('style-ABCDEFGH.css', null)).toBeNull()
  expect(asked).toEqual(['http://assets/app-ABCDEFGH.js', 'http://assets/style-ABCDEFGH.css'])
})

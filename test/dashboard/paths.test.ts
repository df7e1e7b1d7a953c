import bcrypt from 'bcryptjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'
import { Browser } from './browser.ts'
import type { Page } from './page.ts'
import { isClean } from './walk.ts'

const users = [`demo:${bcrypt.hashSync('demo', 4)}`]

const protectedApi = {
  http: {
    routers: {
      outer: { rule: 'PathPrefix(`/ops`)', service: 'api@internal', middlewares: ['login', 'outer'] },
    },
    middlewares: { login: { basicAuth: { users } }, outer: { stripPrefix: { prefixes: ['/ops'] } } },
  },
}

let browser: Browser

beforeAll(async () => {
  browser = await Browser.start()
})
afterAll(() => browser.stop())

async function look(proxy: TestProxy, run: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.page()
  try {
    await run(page)
  } finally {
    await page.close()
    await proxy.stop()
  }
}

test('behind a prefix, a base path and a login', async () => {
  const proxy = await startProxy(JSON.stringify(protectedApi), ['--api=true', '--api.basePath=/box'])
  expect((await fetch(`${proxy.url}/ops/box`)).status).toBe(401)
  await look(proxy, async (page) => {
    // As a person opens it: the browser keeps what it was given for the other requests.
    await page.open(`http://demo:demo@127.0.0.1:${proxy.port}/ops/box`)
    await page.sees('Entry points')
    expect(await page.evaluate('location.pathname')).toBe('/ops/box/dashboard/')
    await page.click('Middlewares')
    await page.sees('basicauth')
    isClean(page, proxy.url)
    expect(page.requests.filter((url) => new URL(url).pathname.startsWith('/ops/box/api/')).length).toBeGreaterThan(4)
  })
})

test.each(['/', '/dashboard', '/dashboard/'])('by the entry point traefik, without a login: %s', async (path) => {
  const port = await freePort()
  const proxy = await startProxy('{}', ['--api.insecure=true', `--entryPoints.traefik.address=127.0.0.1:${port}`])
  await look(proxy, async (page) => {
    const base = `http://127.0.0.1:${port}`
    await page.open(`${base}${path}`)
    await page.sees('Entry points')
    isClean(page, base)
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProxy, type TestProxy } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { Browser } from './browser.ts'
import type { Page } from './page.ts'
import { Backend, Front, more, routing } from './site.ts'
import { fits, isClean, type Place, places, shots, walk } from './walk.ts'

/** Places that Workers do not have, or not with anything in them. */
const ofNode: readonly Place[] = [
  { name: 'traffic', hash: '#/traffic', sees: /By router[\s\S]*By server/ },
  { name: 'history', hash: '#/history', sees: /Revision \d+/ },
  { name: 'tcp-routers', hash: '#/tcp/routers', sees: /db@file/ },
  { name: 'tcp-router', hash: '#/tcp/routers/db%40file', sees: /HostSNI[\s\S]*few@file[\s\S]*127\.0\.0\.1:5432/ },
  { name: 'tcp-middlewares', hash: '#/tcp/middlewares', sees: /inflightconn/ },
  { name: 'udp-services', hash: '#/udp/services', sees: /dns@file/ },
  { name: 'udp-router', hash: '#/udp/routers/dns%40file', sees: /127\.0\.0\.1:53/ },
  { name: 'maintenance', hash: '#/http/middlewares/closed%40file', sees: /As configured/ },
]
const all = [...places, ...ofNode]

let browser: Browser
let backends: readonly [Backend, Backend]
let proxy: TestProxy
let page: Page
let base: string

const content = () => {
  const { http } = routing(...backends)
  return { http, ...more }
}

beforeAll(async () => {
  console.log(`screenshots are kept in ${shots}`)
  backends = [await Backend.start(), await Backend.start()]
  browser = await Browser.start()
  proxy = await startProxy(JSON.stringify(content()), [
    `--entryPoints.tcp.address=127.0.0.1:${await freePort()}`,
    `--entryPoints.udp.address=127.0.0.1:${await freePort()}/udp`,
    '--api=true',
    '--api.control=true',
  ])
  base = `${proxy.url}/dashboard/`
})

afterAll(async () => {
  await browser.stop()
  await proxy.stop()
  for (const backend of backends) await backend.stop()
})

beforeEach(async () => {
  page = await browser.page()
})

afterEach(async () => {
  await page.close()
})

/** What the API says, without a browser. */
const api = async (path: string): Promise<unknown> => (await fetch(`${proxy.url}/api/${path}`)).json()

describe('every page', () => {
  test('is readable for everybody, in light and dark, and asks nobody else for anything', async () => {
    await page.open(base)
    await walk(page, 'node', all)
    isClean(page, base)
  }, 240_000)

  test.each([360, 2560])(
    'fits into %i pixels',
    async (width) => {
      await page.open(base)
      await fits(page, 'node', width, all)
      isClean(page, base)
    },
    120_000,
  )
})

test('what must not happen would be seen', async () => {
  await page.open(base)
  await page.sees('Entry points')
  isClean(page, base)
  await page.evaluate(`document.body.setAttribute('style', 'color: red')`)
  await page.evaluate(`new Image().src = 'http://127.0.0.2:9/picture.png'`)
  await page.evaluate(`void fetch('http://127.0.0.2:9/').catch(() => {})`)
  await until(
    () => page.complaints,
    (complaints) =>
      ['style-src', 'img-src', 'connect-src'].every((part) => complaints.some((one) => one.includes(part))),
  )
  expect(() => isClean(page, base)).toThrow()
})

describe('lists', () => {
  test('are searched from the keyboard', async () => {
    await page.open(base)
    await page.sees('Entry points')
    await page.press('/')
    await page.sees('1 to')
    await until(
      () => page.evaluate('document.activeElement.type'),
      (type) => type === 'search',
    )
    await page.type('CHECKOUT')
    const text = await page.sees('1 to 1')
    expect(text).toContain('shop@file')
    expect(text).not.toContain('docs@file')
    expect(await page.evaluate('location.hash')).toContain('search=CHECKOUT')
    isClean(page, base)
  })

  test('are filtered by status and sorted', async () => {
    await page.open(`${base}#/http/routers`)
    await page.sees('1 to 6')
    await page.click('Disabled')
    expect(await page.sees('1 to 1')).toContain('broken@file')
    await page.click('All')
    await page.sees('1 to 6')
    await page.click('Name')
    await until(
      () => page.evaluate('document.querySelector("tbody td .name").innerText'),
      (name) => name === 'warned@file',
    )
    expect(await page.evaluate('document.querySelector("[aria-sort]").ariaSort')).toBe('descending')
    isClean(page, base)
  })

  test('lead to the pages of their elements, and back', async () => {
    await page.open(`${base}#/http/routers`)
    await page.click('shop@file')
    await page.sees('weight 9')
    expect(await page.evaluate('document.title')).toBe('shop@file · Signalbox')
    expect(await page.evaluate('document.activeElement.innerText')).toBe('shop@file')
    await page.evaluate('history.back()')
    await page.sees('1 to 6')
    isClean(page, base)
  })
})

test('a request is explained', async () => {
  await page.open(`${base}#/explain`)
  await page.sees('Nothing is sent')
  await page.evaluate('document.querySelector("input[inputmode=url]").focus()')
  await page.type('http://shop.test/cart/7')
  await page.press('Enter')
  const text = await page.sees(/routers? tried/)
  expect(text).toMatch(/shop@file takes it, through \d+ middlewares?, and .* sends it to http:\/\/127/)
  expect(text).not.toContain('secret')
  expect(await page.violations()).toEqual([])
  await page.screenshot(`${shots}/node-explained.png`)
  await page.evaluate('location.hash = "#/explain?method=GET&url=http%3A%2F%2Felsewhere.test%2F&asked=yes"')
  await page.sees('No router takes it: the answer is 404')
  isClean(page, base)
})

describe('an open page', () => {
  test('shows that a server goes down and comes back', async () => {
    await page.open(`${base}#/http/routers/shop%40file`)
    await page.sees(/UP[\s\S]*UP/)
    await backends[1].stop()
    await page.sees('DOWN')
    await backends[1].back()
    await page.misses('DOWN')
    isClean(page, base)
  })

  test('shows a problem that appears and goes, and what was changed', async () => {
    await page.open(`${base}#/problems`)
    await page.sees('nowhere@file')
    const changed = content()
    changed.http.routers.shop!.rule = 'Host(`shop.test`'
    proxy.write(JSON.stringify(changed, null, 2))
    const text = await page.sees('http.routers.shop\n')
    expect(text).toMatch(/routing\.yml:\d+:\d+/)
    expect(text).toMatch(/> +\d+ \|/)
    await page.screenshot(`${shots}/node-problem.png`)
    proxy.write(JSON.stringify(content()))
    await page.misses('http.routers.shop\n')
    await page.click('History')
    expect(await page.sees('1 changed')).toContain('+ rule: Host(`shop.test`) && (PathPrefix')
    isClean(page, base)
  })

  test('counts what goes through', async () => {
    await page.open(`${base}#/traffic`)
    await page.sees('By router')
    for (let sent = 0; sent < 20; sent++)
      await fetch(`${proxy.url}/cart`, { headers: { 'X-Forwarded-Host': 'shop.test' } })
    await page.sees('dashboard@file')
    isClean(page, base)
  })

  test('says that the connection is lost, and goes on once it is back', async () => {
    const front = new Front(proxy.port)
    await front.start()
    await page.open(`${front.url}/dashboard/#/http/routers`)
    await page.sees('1 to 6')
    await front.stop()
    await page.sees('Connection lost')
    expect(await page.text()).toContain('shop@file')
    await page.screenshot(`${shots}/node-lost.png`)
    await front.start()
    await page.click('Try now')
    await page.misses('Connection lost')
    const changed = content()
    delete changed.http.routers.docs
    proxy.write(JSON.stringify(changed))
    await page.misses('docs@file')
    proxy.write(JSON.stringify(content()))
    await page.sees('docs@file')
    await front.stop()
  }, 60_000)
})

test('a page that nobody sees keeps no connection, and is up to date once it is seen', async () => {
  const listening = () => page.requests.filter((url) => url.endsWith('/api/events')).length
  const show = (hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
  await page.open(`${base}#/http/routers`)
  await page.sees('docs@file')
  await until(listening, (count) => count === 1)
  await show(true)
  const changed = content()
  changed.http.routers.later = { rule: 'Host(`later.test`)', service: 'shop' }
  proxy.write(JSON.stringify(changed))
  await until(
    () => api('http/routers/later%40file'),
    (found) => (found as { name?: string }).name === 'later@file',
  )
  expect(await page.text()).not.toContain('later@file')
  await show(false)
  await page.sees('later@file')
  expect(listening()).toBe(2)
  proxy.write(JSON.stringify(content()))
  await page.misses('later@file')
  isClean(page, base)
})

describe('commands', () => {
  test('drain a server once that is confirmed, and can be undone', async () => {
    const { url } = backends[0]
    const drained = () => api(`http/services/${encodeURIComponent('next@file')}/drained`)
    await page.open(`${base}#/http/services/next%40file`)
    await page.click(`Drain ${url}`)
    await page.sees('Drain the server?')
    expect(await page.violations()).toEqual([])
    await page.click('Cancel')
    await page.misses('Drain the server?')
    expect(await drained()).toEqual([])
    await page.click(`Drain ${url}`)
    await page.click('Drain')
    await page.sees('is drained in next@file')
    await page.sees('DRAINED')
    expect(await drained()).toEqual([url])
    await page.screenshot(`${shots}/node-drained.png`)
    await page.click('Undo')
    await page.misses('DRAINED')
    expect(await drained()).toEqual([])
    isClean(page, base)
  })

  test('switch a maintenance page, and can be undone', async () => {
    const state = () => api('http/middlewares/closed%40file/switch')
    await page.open(`${base}#/http/middlewares/closed%40file`)
    await page.click('On')
    await page.click('Switch')
    await page.sees('closed@file is on.')
    expect(await state()).toMatchObject({ on: true })
    await page.click('Undo')
    await page.sees('Undone.')
    expect(await state()).toMatchObject({ on: null })
    isClean(page, base)
  })
})

describe('the keyboard', () => {
  test('skips to the content, and shows where it is', async () => {
    await page.open(base)
    await page.sees('Entry points')
    await page.press('Tab')
    expect(await page.evaluate('document.activeElement.innerText')).toBe('Skip to the content')
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    await page.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
  })
})

test('light or dark is kept', async () => {
  await page.prefer('light')
  await page.open(base)
  await page.sees('Entry points')
  const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
  const light = await ground()
  await page.evaluate(`{ const select = document.querySelector('.theme select'); select.value = 'dark'
    select.dispatchEvent(new Event('change', { bubbles: true })) }`)
  const dark = await ground()
  expect(dark).not.toBe(light)
  await page.open(`${base}#/problems`)
  await page.evaluate('location.reload()')
  await page.sees('Problems')
  await until(ground, (now) => now === dark)
  isClean(page, base)
})

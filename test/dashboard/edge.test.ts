import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { Browser } from './browser.ts'
import type { Page } from './page.ts'
import { Backend, routing } from './site.ts'
import { fits, isClean, type Place, places, walk } from './walk.ts'

const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')

/** Places that say on Workers what they can't show. */
const ofWorkers: readonly Place[] = [
  { name: 'traffic', hash: '#/traffic', sees: /does not count traffic/ },
  { name: 'history', hash: '#/history', sees: /keeps no history/ },
]
const all = [...places, ...ofWorkers]

const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-dashboard-'))
const file = path.join(folder, 'routing.yml')
const write = (content: unknown) => {
  writeFileSync(`${file}.new`, JSON.stringify(content))
  renameSync(`${file}.new`, file)
}

let browser: Browser
let backends: readonly [Backend, Backend]
let dev: ReturnType<typeof spawn>
let page: Page
let base: string

const content = () => {
  const { http } = routing(...backends)
  // Entry points are those of the install configuration.
  delete http.routers.warned
  return { http }
}

beforeAll(async () => {
  backends = [await Backend.start(), await Backend.start()]
  write(content())
  browser = await Browser.start()
  dev = spawn(process.execPath, [cli, 'edge', 'dev', '--port', '0', '--config', file])
  let said = ''
  dev.stdout!.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const [, address] = await until(
    () => /Serving \d+ routers from .* on (http:\S+)\n/.exec(said) ?? [],
    (found) => found.length > 0,
    60_000,
  )
  base = `${address}/dashboard/`
})

afterAll(async () => {
  await browser.stop()
  dev.kill('SIGTERM')
  await once(dev, 'exit')
  for (const backend of backends) await backend.stop()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  page = await browser.page()
})

afterEach(async () => {
  await page.close()
})

describe('every page in workerd', () => {
  test('is readable for everybody, in light and dark, and asks nobody else for anything', async () => {
    await page.open(base)
    await walk(page, 'edge', all)
    isClean(page, base)
  }, 240_000)

  test('fits into 360 pixels', async () => {
    await page.open(base)
    await fits(page, 'edge', 360, all)
    isClean(page, base)
  }, 120_000)
})

test('lists are searched', async () => {
  await page.open(`${base}#/http/routers`)
  await page.sees('docs@file')
  await page.press('/')
  await page.type('checkout')
  expect(await page.sees('1 to 1')).toContain('shop@file')
  isClean(page, base)
})

test('a request is explained', async () => {
  await page.open(`${base}#/explain?method=GET&url=http%3A%2F%2Fshop.test%2Fcart&asked=yes`)
  expect(await page.sees(/routers? tried/)).toContain('shop@file takes it')
  isClean(page, base)
})

describe('an open page in workerd', () => {
  test('shows that a server goes down and comes back', async () => {
    await page.open(`${base}#/http/services/shop%40file`)
    await page.sees(/UP[\s\S]*UP/, 30_000)
    await backends[1].stop()
    await page.sees('DOWN', 30_000)
    await backends[1].back()
    await page.misses('DOWN', 30_000)
    isClean(page, base)
  }, 120_000)

  test('shows an element that becomes disabled and is mended', async () => {
    await page.open(`${base}#/problems`)
    await page.sees('nowhere@file')
    const changed = content()
    changed.http.routers.docs!.service = 'lost'
    write(changed)
    await page.sees('lost@file', 30_000)
    write(content())
    await page.misses('lost@file', 30_000)
    isClean(page, base)
  }, 120_000)
})

test('the files are the same as on Node', async () => {
  const page = await fetch(base)
  const html = await page.text()
  const [name] = /app-[A-Z0-9]{8}\.js/.exec(html) ?? []
  const asset = await fetch(base + name)
  expect([page.status, asset.status]).toEqual([200, 200])
  const built = path.resolve(import.meta.dirname, '../../dist/dashboard')
  expect(html).toBe(readFileSync(path.join(built, 'index.html'), 'utf8'))
  expect(await asset.text()).toBe(readFileSync(path.join(built, name!), 'utf8'))
  expect(asset.headers.get('content-security-policy')).toBe(page.headers.get('content-security-policy'))
  for (const other of ['index.html', '.assetsignore', `${name}.br`, '..%2Fworker.js', 'app-00000000.js'])
    expect([other, (await fetch(base + other)).status]).toEqual([other, 404])
})

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import type { Page } from './page.ts'

/** Where screenshots are kept. */
export const shots = path.join(import.meta.dirname, 'screenshots')
mkdirSync(shots, { recursive: true })

/** A place of the dashboard, and what can be read there. */
export interface Place {
  readonly name: string
  readonly hash: string
  readonly sees: RegExp
}

const place = (name: string, hash: string, sees: RegExp): Place => ({ name, hash, sees })
const named = (name: string): string => encodeURIComponent(name)

/** Places that are there on each runtime. */
export const places: readonly Place[] = [
  place('overview', '#/', /Entry points[\s\S]*web/),
  place('problems', '#/problems', /the service "nowhere@file" does not exist/),
  place('explain', '#/explain', /Nothing is sent/),
  place('certificates', '#/certificates', /Hosts|Nothing to show/i),
  place('routers', '#/http/routers', /shop@file[\s\S]*1 to \d+/),
  place('services', '#/http/services', /canary@file[\s\S]*weighted/),
  place('middlewares', '#/http/middlewares', /cut@file[\s\S]*stripprefix/),
  place('router', `#/http/routers/${named('shop@file')}`, /canary@file[\s\S]*weight 9[\s\S]*percent 10[\s\S]*http:/),
  place('odd-router', `#/http/routers/${named('odd <b>&"\' name@file')}`, /odd <b>&"' name@file[\s\S]*odd\.test/),
  place('broken-router', `#/http/routers/${named('broken@file')}`, /There is no such service/),
  place('missing-router', `#/http/routers/${named('nobody@file')}`, /There is no router of this name/),
  place('service', `#/http/services/${named('canary@file')}`, /Used by routers[\s\S]*shop@file/),
  place('middleware', `#/http/middlewares/${named('fields@file')}`, /frameDeny/),
  place('nowhere', '#/no/such/page', /There is no such page/),
]

/** Goes to a place within the page, as a link does. */
export async function visit(page: Page, { hash, sees }: Place): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
  await page.sees(sees)
}

/** Every place in light and dark: a title, nothing that axe finds wrong, no complaint, nothing wider than the window. */
export async function walk(page: Page, runtime: string, all: readonly Place[]): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.prefer(scheme)
    for (const each of all) {
      await visit(page, each)
      expect(await page.evaluate('document.title')).toMatch(/ · Signalbox$/)
      expect([each.name, scheme, await page.violations()]).toEqual([each.name, scheme, []])
      await page.screenshot(path.join(shots, `${runtime}-${each.name}-${scheme}.png`))
    }
  }
}

/** Every place in a window of this width: nothing is wider than it. */
export async function fits(page: Page, runtime: string, width: number, all: readonly Place[]): Promise<void> {
  await page.resize(width, 900)
  for (const each of all) {
    await visit(page, each)
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect([each.name, wide]).toEqual([each.name, Math.min(wide, width)])
    await page.screenshot(path.join(shots, `${runtime}-${each.name}-${width}.png`))
  }
  await page.resize(1280, 900)
}

/** Places that tell of what is not there ask for it, and the browser says so. */
const isMissing = (complaint: string): boolean => /status of 404 .*\/no(?:where|body)%40file$/.test(complaint)

/** Nothing went wrong, and nothing was asked of others. */
export function isClean({ complaints, requests }: Page, base: string): void {
  expect(complaints.filter((complaint) => !isMissing(complaint))).toEqual([])
  const { origin } = new URL(base)
  expect(requests.length).toBeGreaterThan(5)
  expect(requests.filter((url) => new URL(url).origin !== origin)).toEqual([])
}

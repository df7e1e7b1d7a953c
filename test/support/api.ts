import type { ApiOptions } from '../../src/api/api.ts'
import { Dashboard } from '../../src/api/dashboard.ts'

/** A dashboard of these files. */
export const dashboardOf = (files: Readonly<Record<string, string>> = { 'index.html': '<!doctype html>' }): Dashboard =>
  new Dashboard({
    encodings: [],
    missing: 'the dashboard has not been built',
    read: async (name) => (Object.hasOwn(files, name) ? new TextEncoder().encode(files[name]) : null),
  })

/** An API without anything special. */
export const apiOptions: ApiOptions = {
  basePath: '/',
  dashboard: dashboardOf(),
  disableDashboardAd: false,
  dashboardName: '',
  entryPoints: {},
  features: { tracing: '', metrics: '', accessLog: false },
  providers: ['File'],
  version: '3.7.15',
  codename: 'test',
  startDate: new Date('2026-01-01T00:00:00Z'),
  date: () => new Date('2026-01-01T00:00:00Z'),
  staticConfig: null,
  providerStates: null,
  certificates: null,
  explain: null,
  problems: null,
  history: null,
  events: null,
  traffic: null,
  debug: null,
  control: null,
}

/** What of `wanted` is not in `actual`: objects are subsets, `{re}` is a regular expression. */
export function missing(wanted: unknown, actual: unknown, path = ''): string[] {
  if (typeof wanted !== 'object' || wanted === null) {
    return wanted === actual ? [] : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`]
  }
  if ('re' in wanted)
    return new RegExp(String(wanted.re)).test(String(actual)) ? [] : [`${path}: ${actual} !~ ${wanted.re}`]
  if (typeof actual !== 'object' || actual === null) return [`${path}: ${JSON.stringify(actual)} is no object`]
  if (Array.isArray(wanted) && wanted.length !== (actual as unknown[]).length)
    return [`${path}: ${JSON.stringify(actual)}`]
  return Object.entries(wanted).flatMap(([key, value]) =>
    missing(value, (actual as Record<string, unknown>)[key], `${path}/${key}`),
  )
}

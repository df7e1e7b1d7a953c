import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { apiOptions } from '../support/api.ts'
import { fetchApi } from '../support/fetch-api.ts'
import { serviceBench } from '../support/services.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-dump-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const many = Object.fromEntries(
  Array.from({ length: 1_000 }, (_, at) => [
    `s${at}`,
    { loadBalancer: { servers: [{ url: `http://10.0.0.1:${at + 1}` }] } },
  ]),
)
const { snapshot } = serviceBench({ app: { loadBalancer: { servers: [{ url: 'http://u:sesame@a' }] } }, ...many })

test('an archive that tar reads, with three files', async () => {
  let turns = 0
  const api = fetchApi(() => snapshot, {
    ...apiOptions,
    staticConfig: () => ({ api: { insecure: true } }),
    turn: async () => void turns++,
  })
  const answer = await api(new Request('http://api.example/api/support-dump'))
  expect(answer.headers.get('content-type')).toBe('application/gzip')
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename=support-dump.tar.gz')
  const file = path.join(folder, 'dump.tar.gz')
  writeFileSync(file, new Uint8Array(await answer.arrayBuffer()))
  execFileSync('tar', ['xzf', file, '-C', folder])
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8')
  expect(JSON.parse(read('version.json'))).toEqual({
    version: '3.7.15',
    codename: 'test',
    startDate: '2026-01-01T00:00:00.000Z',
  })
  expect(read('static-config.json')).toBe('{"api":{"insecure":true}}')
  const runtime = JSON.parse(read('runtime-config.json')) as { services: Record<string, object>; routers: object }
  expect(Object.keys(runtime.services)).toHaveLength(1_001)
  expect(runtime.services['app@file']).toMatchObject({ status: 'enabled', usedBy: ['app@file'] })
  expect(runtime.services['app@file']).not.toHaveProperty('serverStatus')
  expect(read('runtime-config.json')).not.toContain('sesame')
  const { mtime, mode } = statSync(path.join(folder, 'version.json'))
  expect([mtime.toISOString(), mode & 0o777]).toEqual(['2026-01-01T00:00:00.000Z', 0o600])
  expect(turns).toBeGreaterThan(10)
})

test('404 where the install configuration is not known, as on Workers', async () => {
  const api = fetchApi(() => snapshot, apiOptions)
  expect((await api(new Request('http://api.example/api/support-dump'))).status).toBe(404)
})

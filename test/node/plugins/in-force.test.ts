import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProxy } from '../../support/node-proxy.ts'
import { until } from '../../support/until.ts'

const PLUGINS: Readonly<Record<string, string>> = {
  mark: `export default {
    name: 'mark',
    create: (options, scope) => {
      const count = scope.once(() => ({ value: 0 }))
      return (next) => (request, cx) => {
        request.headers.set('X-Mark', scope.name + ' ' + ++count.value)
        return next(request, cx)
      }
    },
  }`,
  thrower: `export default {
    name: 'thrower',
    create: () => (next) => (request, cx) => {
      if (request.target === '/now') throw new Error('at once')
      return request.target === '/later' ? Promise.reject(new Error('later')) : next(request, cx)
    },
  }`,
  unfit: "export default { name: 'unfit', create: () => { throw new Error('no such thing') } }",
  nothing: "export default { name: 'nothing', create: () => undefined }",
}

async function serve(middleware: object) {
  const folder = mkdtempSync(path.join(tmpdir(), 'plugin-'))
  for (const [name, text] of Object.entries(PLUGINS)) writeFileSync(path.join(folder, `${name}.mjs`), text)
  const server = createServer((request, response) => response.end(JSON.stringify(request.headers)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: {
          a: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['m'] },
          b: { rule: 'Path(`/plain`)', service: 's', priority: 1000 },
          api: { rule: 'PathPrefix(`/api`)', service: 'api@internal', priority: 1000 },
        },
        services: { s: { loadBalancer: { servers: [{ url }] } } },
        middlewares: { m: { plugin: middleware } },
      },
    }),
    [
      '--api=true',
      ...Object.keys(PLUGINS).map((name) => `--experimental.localPlugins.${name}.module=${folder}/${name}.mjs`),
    ],
  )
  onTestFinished(async () => {
    await proxy.stop()
    server.close()
  })
  const ask = (target: string) => fetch(`${proxy.url}${target}`)
  const middlewareOf = async () =>
    (await (await ask('/api/http/middlewares/m@file')).json()) as { status: string; error?: string[]; type: string }
  return { proxy, ask, middlewareOf }
}

test('a plugin stands in the chain, and keeps what it wants while a configuration is in force', async () => {
  const { ask, middlewareOf } = await serve({ mark: {} })
  expect(await (await ask('/one')).json()).toMatchObject({ 'x-mark': 'm@file 1' })
  expect(await (await ask('/two')).json()).toMatchObject({ 'x-mark': 'm@file 2' })
  expect(await middlewareOf()).toMatchObject({ status: 'enabled', type: 'mark' })
})

test('one that throws costs that request, and a line in the log', async () => {
  const { proxy, ask } = await serve({ thrower: {} })
  expect((await ask('/now')).status).toBe(500)
  expect((await ask('/later')).status).toBe(500)
  expect((await ask('/fine')).status).toBe(200)
  await until(
    () => proxy.logged.filter(({ level }) => level === 'error').length,
    (lines) => lines === 2,
  )
})

test.each([
  [{ unfit: {} }, 'no such thing'],
  [{ nothing: {} }, 'the plugin has made no middleware'],
  [{ mark: { option: 1 } }, 'the plugin takes no options'],
  [{ absent: {} }, 'plugin: unknown plugin type: absent'],
  [{ mark: {}, thrower: {} }, 'plugin: invalid configuration: no configuration or too many plugin definition'],
])('%j can not be used: its routers are disabled, others serve', async (middleware, reason) => {
  const { ask, middlewareOf } = await serve(middleware)
  expect((await ask('/')).status).toBe(404)
  expect((await ask('/plain')).status).toBe(200)
  expect(await middlewareOf()).toMatchObject({ status: 'disabled', error: [reason] })
})

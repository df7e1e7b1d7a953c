import { afterEach, describe, expect, test } from 'vitest'
import { createNodeProxy, defineMiddleware, type RunningProxy } from '../../adapters/node/index.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const quiet: Logger = { log() {} }
const redirect = (to: string, ...middlewares: string[]) => ({
  http: {
    routers: { all: { rule: 'PathPrefix(`/`)', service: 'noop@internal', middlewares: [...middlewares, 'away'] } },
    middlewares: { away: { redirectRegex: { regex: '.*', replacement: to } } },
  },
})

let running: RunningProxy | null = null
afterEach(async () => {
  await running?.stop()
  running = null
})

async function start(routing: unknown, more: object = {}) {
  const port = await freePort()
  running = createNodeProxy({
    install: {
      entryPoints: { web: { address: `127.0.0.1:${port}` } },
      providers: { providersThrottleDuration: '1ms' },
    },
    routing,
    log: quiet,
    ...more,
  })
  await running.start()
  const ask = async () => (await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' })).headers
  return { proxy: running, ask }
}

describe('createNodeProxy', () => {
  test('serves the routing that the program brings, and another one after a reload', async () => {
    const { proxy, ask } = await start(redirect('http://one.test/'))
    expect((await ask()).get('location')).toBe('http://one.test/')
    proxy.reload(redirect('http://two.test/'))
    await until(
      async () => (await ask()).get('location'),
      (location) => location === 'http://two.test/',
    )
  })

  test('keeps what is in force when the new routing can’t be read', async () => {
    const { proxy, ask } = await start(redirect('http://one.test/'))
    expect(() => proxy.reload({ http: { routes: {} } })).toThrow(TypeError)
    expect((await ask()).get('location')).toBe('http://one.test/')
  })

  test('runs middlewares of the program', async () => {
    const audit = defineMiddleware<null>({
      build: () => (next) => async (request, cx) => {
        const response = await next(request, cx)
        response.headers.set('X-Audit', request.method)
        return response
      },
    })
    const { ask } = await start(redirect('http://one.test/', 'audit@program'), { middlewares: { audit } })
    expect((await ask()).get('x-audit')).toBe('GET')
  })

  test('stops: the port is free again', async () => {
    const { proxy, ask } = await start(redirect('http://one.test/'))
    await ask()
    await proxy.stop()
    running = null
    await expect(ask()).rejects.toThrow()
  })

  test.each([
    ['an unknown option', { entryPoints: { web: { adress: ':80' } } }, /adress/],
    ['no object', 'entryPoints', /./],
  ])('refuses %s with the reason', (_, install, reason) => {
    expect(() => createNodeProxy({ install })).toThrow(reason)
  })

  test('does not start without a plugin that is asked for as a provider', async () => {
    const proxy = createNodeProxy({ install: { providers: { plugin: { x: {} } } } })
    await expect(proxy.start()).rejects.toThrow('there is no provider plugin "x"')
    await proxy.stop()
  })
})

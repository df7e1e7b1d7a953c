import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type Backend, file, sha256, startBackend } from './backend.ts'
import { Authority } from './certificates.ts'
import { PeerRig } from './rig.ts'

const rig = new PeerRig()
let backend: Backend
const urls = { clear: '', tls: '' }

beforeAll(async () => {
  backend = await startBackend()
  const authority = await Authority.make(rig)
  const secure = await freePort()
  const proxy = await rig.proxy(
    {
      http: {
        routers: {
          web: { entryPoints: ['web'], rule: 'PathPrefix(`/`)', service: 'backend' },
          secure: { entryPoints: ['secure'], rule: 'PathPrefix(`/`)', service: 'backend', tls: {} },
        },
        services: { backend: { loadBalancer: { servers: [{ url: backend.url }] } } },
      },
      tls: { certificates: [await authority.issue('localhost')] },
    },
    [`--entryPoints.secure.address=127.0.0.1:${secure}`],
  )
  urls.clear = proxy.url
  urls.tls = `https://127.0.0.1:${secure}`
})

afterAll(async () => {
  await rig.close()
  backend.close()
})

describe.each(['clear', 'tls'] as const)('nghttp2, %s', (at) => {
  test('h2load: every request of four connections with ten streams each', async () => {
    const printed = await rig.output('h2load', ['-n', '200', '-c', '4', '-m', '10', `${urls[at]}/`])
    expect(printed).toContain('200 total, 200 started, 200 done, 200 succeeded, 0 failed, 0 errored, 0 timeout')
    expect(printed).toContain('status codes: 200 2xx, 0 3xx, 0 4xx, 0 5xx')
  })

  test('h2load: forty uploads of 64 kB', async () => {
    const content = rig.file('content', file.subarray(0, 65_536))
    const args = ['-n', '40', '-c', '2', '-m', '10', '-d', content, `${urls[at]}/hash`]
    const printed = await rig.output('h2load', args)
    expect(printed).toContain('40 succeeded, 0 failed, 0 errored, 0 timeout')
    expect(printed).toContain('status codes: 40 2xx, 0 3xx, 0 4xx, 0 5xx')
  })

  test('h2load: HTTP/1.1', async () => {
    const printed = await rig.output('h2load', ['--h1', '-n', '100', '-c', '4', `${urls[at]}/`])
    expect(printed).toContain('100 succeeded, 0 failed, 0 errored, 0 timeout')
  })

  test.each([
    ['as it comes', []],
    ['a head in CONTINUATION frames', ['--continuation']],
    ['padding', ['--padding=200']],
    ['no dynamic table', ['--header-table-size=0']],
    ['small windows', ['--window-bits=10', '--connection-window-bits=16']],
  ])('nghttp: content and trailers, %s', async (_, args) => {
    const content = rig.file('content', file.subarray(0, 100_000))
    const trailers = ['--trailer', 'x-sum: 1', '-H', 'trailer: x-sum', '-H', 'x-method: POST']
    const request = ['-d', content, ...trailers, `${urls[at]}/hash`]
    expect(await rig.output('nghttp', ['--timeout=40', ...args, ...request])).toBe(sha256(file.subarray(0, 100_000)))
  })

  test('nghttp: ten megabytes within a small window', async () => {
    const { out } = await rig.run('nghttp', ['--timeout=40', '--window-bits=14', `${urls[at]}/file`])
    expect(sha256(out)).toBe(sha256(file))
  })
})

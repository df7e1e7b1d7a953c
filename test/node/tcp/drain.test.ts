import { afterEach, expect, test } from 'vitest'
import { service, TcpRig } from './rig.ts'

const rig = new TcpRig()
afterEach(() => rig.close())

test('connections of a drained server go on, new ones go elsewhere', async () => {
  const named = (name: string) =>
    rig.server((socket) => {
      socket.write(`${name}\n`)
      socket.pipe(socket)
    })
  const [a, b] = [await named('a'), await named('b')]
  const { e, proxy } = await rig.proxy(
    {
      http: { routers: { api: { rule: 'PathPrefix(`/api`)', entryPoints: ['web'], service: 'api@internal' } } },
      tcp: {
        routers: { r: { rule: 'HostSNI(`*`)', entryPoints: ['e'], service: 's' } },
        services: { s: service([a, b]) },
      },
    },
    ['--api=true', '--api.control=true'],
  )
  const command = async (method: string, server: string) => {
    const response = await fetch(`${proxy.url}/api/tcp/services/s/drained?server=${server}`, { method })
    return { status: response.status, value: (await response.json()) as { drained?: string[]; message?: string } }
  }
  const connected = async () => {
    const wire = await (await rig.dial(e)).seen('\n')
    return { wire, name: wire.take().trim() }
  }
  let first = await connected()
  if (first.name === 'b') first = await connected()
  expect(first.name).toBe('a')

  expect(await command('PUT', a)).toEqual({ status: 200, value: { service: 's@file', drained: [a] } })
  for (let i = 0; i < 4; i++) expect((await connected()).name).toBe('b')
  await first.wire.send('still here').seen('still here')
  await command('PUT', b)
  await (await rig.dial(e)).over()
  await command('DELETE', a)
  expect((await connected()).name).toBe('a')
  const unknown = await command('PUT', 'c:1')
  expect([unknown.status, unknown.value.message]).toEqual([
    404,
    `service s@file has no server "c:1" (there are: ${[a, b].join(', ')})`,
  ])
})

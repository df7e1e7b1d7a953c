import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { createNomadProvider } from '../../../../adapters/node/providers/catalog/nomad.ts'
import { ScriptedNomad } from '../../../servers/support/nomad.ts'
import { testContext } from '../../../support/provider-run.ts'
import { until } from '../../../support/until.ts'

test('a source that is lost again and again leaves nothing behind', async () => {
  const nomad = new ScriptedNomad()
  await nomad.start()
  const service = { ID: '1', ServiceName: 'shop', NodeID: 'n', Address: '10.3.0.1', Port: 80, Tags: [] }
  nomad.register(service)
  nomad.faults.set('/v1/event/stream', (response) => {
    response.writeHead(200)
    response.flushHeaders()
    setImmediate(() => response.end())
  })
  const provider = createNomadProvider(
    'nomad',
    {
      ...{ endpoint: { address: nomad.address }, prefix: 'traefik', exposedByDefault: true, refreshInterval: '15s' },
      ...{ defaultRule: 'Host(`{{ normalize .Name }}`)', watch: true },
    },
    testContext(),
  )
  const { signal } = new AbortController()
  const sink = { connected: () => undefined, emit: () => undefined }
  const run = async (times: number) => {
    for (let at = 0; at < times; at++) await provider.run(sink, signal).catch(() => undefined)
  }
  await run(100)
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  await run(200)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThanOrEqual(timers + 2)
  await until(
    () => nomad.connections(),
    (count) => count === 0,
  )
  await nomad.stop()
})

import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { UnixDatagramDestination, type UnixDatagramLibrary } from '../../adapters/node/telemetry/datagrams.ts'
import { until } from '../support/until.ts'

/** The library, compiled by `.ci/peers`: it plays the agent too. */
interface Library {
  createSocket(type: 'unix_dgram', listener?: (message: Buffer) => void): { bind(path: string): void; close(): void }
}

test('metrics reach an agent by a Unix socket of datagrams', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'datagrams-'))
  const library = createRequire(import.meta.url)(process.env.SIGNALBOX_UNIX_DGRAM!) as Library
  const load = async () => ({ default: library }) as unknown as UnixDatagramLibrary
  const received: string[] = []
  const agent = library.createSocket('unix_dgram', (message) => received.push(message.toString()))
  agent.bind(path.join(folder, 'dsd.socket'))
  const destination = new UnixDatagramDestination(path.join(folder, 'dsd.socket'), load)
  await destination.send(['a:1|c', 'b:2|c|#x:y'])
  await until(
    () => received,
    (datagrams) => datagrams.length === 1,
  )
  expect(received).toEqual(['a:1|c\nb:2|c|#x:y\n'])
  await expect(new UnixDatagramDestination(path.join(folder, 'none'), load).send(['a:1|c'])).rejects.toThrow('ENOENT')
  destination.close()
  agent.close()
  await rm(folder, { recursive: true })
})

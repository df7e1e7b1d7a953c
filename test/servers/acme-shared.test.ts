import { describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { authority, ends, orders, sharedStorageTests, start } from './support/acme-contract.ts'
import { readStorage, routersFor } from './support/acme-proxy.ts'
import { temporaryFolder } from './support/process.ts'
import { RedisServer } from './support/redis.ts'

const PASSWORD = 'secret-word'

describe('a storage that is shared: redis', () =>
  sharedStorageTests(async () => {
    const redis = await RedisServer.create({ password: PASSWORD })
    await redis.start()
    ends.push(() => redis.stop())
    return { where: `redis://:${PASSWORD}@127.0.0.1:${redis.port}/2?prefix=x`, secret: PASSWORD }
  }))

describe('a storage that is shared: folder', () =>
  sharedStorageTests(async () => {
    const where = `${temporaryFolder()}/shared/`
    const check = async () => expect(readStorage(`${where}acme.json`).le?.Certificates).toHaveLength(2)
    return { where, check }
  }))

test('a Redis that is away for a while: what there is is served, and what is ordered meanwhile is kept afterwards', async () => {
  const { port, faults, flags } = await authority('tls')
  const redis = await RedisServer.create()
  await redis.start()
  ends.push(() => redis.stop())
  const where = `redis://127.0.0.1:${redis.port}`
  const proxy = await start(['a.test'], flags, where, port)
  const { serialNumber } = await proxy.issued('a.test')
  await redis.stop()
  proxy.write(routersFor(['a.test', 'b.test']))
  await until(
    () => proxy.logged.map(({ message }) => message).join('\n'),
    (text) => text.includes('The storage of certificates is not available'),
    30_000,
  )
  expect((await proxy.certificate('a.test')).serialNumber).toBe(serialNumber)
  await redis.start()
  // What could not be locked has failed, and is tried again a minute later.
  await proxy.issued('b.test', 90_000)
  expect(orders(faults)).toBe(2)
}, 120_000)

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { edge, keygen } from './command.ts'
import { project, routing } from './project.ts'

describe('edge rollback', () => {
  test('goes further back each time, never forward', { timeout: 120_000 }, async () => {
    const { push, said, run, live, history, api } = await project({ pageSize: 2 })
    const [one, two, three] = [await push('a'), await push('a', 'b'), await push('a', 'b', 'c')]
    await said('rollback')
    expect(await live()).toMatchObject({ rollbackOf: two, routers: ['a@file', 'b@file'] })
    await said('rollback')
    expect(await live()).toMatchObject({ rollbackOf: one, routers: ['a@file'] })
    const nothing = await run('rollback')
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining(`nothing earlier in KV namespace ns1`) })
    expect((await live()).rollbackOf).toBe(one)

    // What was live before a push counts, whatever revision its plan had first.
    const four = await push('a', 'd')
    await said('rollback')
    expect(await live()).toMatchObject({ rollbackOf: one, routers: ['a@file'] })
    await said('rollback', '--to', String(three))
    expect(await live()).toMatchObject({ rollbackOf: three, routers: ['a@file', 'b@file', 'c@file'] })

    // Neither what was interrupted nor what is revoked comes back.
    api.failAt(3, { status: 403 })
    await run('push', '--config', 'routing.yml', '--allow-shrink')
    api.failAt(null)
    await said('revoke', String(two))
    await said('rollback')
    expect(await live()).toMatchObject({ rollbackOf: one })
    expect(await run('rollback', '--to', String(two))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`revision ${two} is revoked`),
    })
    const states = new Map((await history()).map((entry) => [entry.revision, entry]))
    expect(states.get(two)).toMatchObject({ state: 'past', revoked: true })
    expect(states.get(four)).toMatchObject({
      state: 'past',
      revoked: false,
      changes: { added: 1, removed: 0, changed: 0 },
    })
  })

  test('goes over a rotation of keys where the former one is trusted', { timeout: 120_000 }, async () => {
    const { push, env, folder, key, live } = await project()
    const first = await push('a')
    const other = await keygen()
    const rotated = { ...env, SIGNALBOX_SIGNING_KEY: readFileSync(other.file, 'utf8') }
    const where = ['--namespace-id', 'ns1']
    writeFileSync(path.join(folder, 'routing.yml'), JSON.stringify(routing('a', 'b')))
    const pushed = await edge(['push', '--config', 'routing.yml', ...where], rotated, folder)
    expect(pushed.stdout).toContain('signed by a key that is not known here: give it with --trust')
    const refused = await edge(['rollback', '--to', String(first), ...where], rotated, folder)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('give its public key with --trust') })
    const trusting = ['rollback', '--trust', key.publicKey, ...where]
    expect(await edge(trusting, rotated, folder)).toMatchObject({ code: 0, stderr: '' })
    await expect(live()).rejects.toThrow('a key that is not trusted')
    const listed = await edge(['history', '--json', '--trust', key.publicKey, ...where], rotated, folder)
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ state: 'live', rollbackOf: first })
  })
})

test('edge pin keeps a revision live until edge unpin', { timeout: 120_000 }, async () => {
  const { push, said, run, live, history, write } = await project()
  const [one] = [await push('a'), await push('a', 'b')]
  await said('pin', String(one), '--author', 'joe')
  expect(await live()).toMatchObject({ rollbackOf: one, routers: ['a@file'] })
  write('routing.yml', routing('a', 'c'))
  const pinned = (await live()).revision
  for (const args of [['push', '--config', 'routing.yml'], ['rollback'], ['pin', String(one)]]) {
    expect(await run(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`revision ${pinned} is pinned by joe since `),
    })
  }
  expect((await history())[0]).toMatchObject({ revision: pinned, pinned: true })
  expect(await said('unpin')).toBe('Nothing is pinned any more in KV namespace ns1\n')
  await said('push', '--config', 'routing.yml')
  expect((await live()).routers).toEqual(['a@file', 'c@file'])
})

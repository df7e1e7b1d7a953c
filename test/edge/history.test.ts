import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { HistoryEntry } from '../../adapters/cli/edge/history.ts'
import { edge } from './command.ts'
import { project, routing } from './project.ts'

describe('edge history and diff', () => {
  test('say who, when, from what, and what changed', { timeout: 120_000 }, async () => {
    const { said, write, env, folder, live } = await project()
    const git = (...args: string[]) => runGit(folder, args)
    git('init', '-q')
    git('config', 'user.name', 'Ann\u001b[31m')
    git('config', 'user.email', 'ann@example.test')
    write('routing.yml', routing('a', 'b'))
    git('add', 'routing.yml')
    git('commit', '-q', '-m', 'Two routers\n\nand more')
    const commit = git('rev-parse', 'HEAD').trim()
    await said('push', '--config', 'routing.yml')
    const one = (await live()).revision
    const changed = JSON.stringify(routing('a', 'c')).replace('app.', 'secret-')
    write('routing.yml', changed)
    const ci = { ...env, GITHUB_ACTOR: 'robot', GITHUB_SHA: 'f'.repeat(40) }
    const push = ['push', '--config', 'routing.yml', '--namespace-id', 'ns1', '--allow-shrink']
    expect(await said('diff', 'routing.yml')).toBe(
      '+ router c@file\n- router b@file\n~ service s@file: loadBalancer.servers\n+1 -1 ~1\n',
    )
    expect((await edge(push, ci, folder)).code).toBe(0)
    expect(await said('diff')).toBe(
      '+ router c@file\n- router b@file\n~ service s@file: loadBalancer.servers\n+1 -1 ~1\n',
    )
    expect(await said('diff', String(one))).toBe(await said('diff'))
    expect(JSON.parse(await said('diff', String(one), 'routing.yml', '--json'))).toEqual({
      added: ['router c@file'],
      removed: ['router b@file'],
      changed: [{ name: 'service s@file', options: ['loadBalancer.servers'] }],
    })
    const [second, first] = JSON.parse(await said('history', '--json')) as HistoryEntry[]
    expect(first).toMatchObject({
      state: 'past',
      author: 'Ann [31m',
      commit,
      message: 'Two routers',
      from: null,
      elements: { routers: 2, services: 1, middlewares: 0 },
      changes: { added: 3, removed: 0, changed: 0 },
      command: 'edge push --config routing.yml',
    })
    expect(second).toMatchObject({
      state: 'live',
      author: 'robot',
      commit: 'f'.repeat(40),
      from: one,
      changes: { added: 1, removed: 1, changed: 1 },
      allowed: ['allow-shrink'],
    })
    const table = await said('history')
    const [head, ...rows] = table.trimEnd().split('\n')
    expect(head).toMatch(/^ {3}revision +published +author +commit +size +elements +changes$/)
    expect(rows[0]).toMatch(/^\* +\d+ +\S+Z +robot +fffffff +\d\.\d KiB +3 +\+1 -1 ~1 +allow-shrink$/)
    expect(rows[1]).toMatch(/^ +\d+ .* Two routers$/)
  })

  test('take nothing for what it is not', { timeout: 120_000 }, async () => {
    const { api, said, run, write, live } = await project()
    const put = (name: string, value: string, metadata = 'null') =>
      api.values.set(name, { value: Buffer.from(value), metadata, ttl: null })
    put('plan', '{"revision":1}\u001b[2J')
    put('plan:7', 'nothing', JSON.stringify({ head: 'signalbox-plan/2 \u001b[2J' }))
    put('plan:__proto__', 'nothing')
    put('plan:-1', 'nothing', '[]')
    put('revoked', 'nothing')
    put('pin', 'nothing')
    expect(await said('history')).toMatch(/^ +revision.*\n +7 +signed by a key that is not known here\n$/)
    write('routing.yml', routing('a'))
    expect(await run('push', '--config', 'routing.yml')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a revision is pinned in KV namespace ns1, by a key that is not known here'),
    })
    await said('unpin')
    expect(await said('push', '--config', 'routing.yml')).toContain('signed by a key that is not known here')
    expect((await live()).routers).toEqual(['a@file'])
    expect(await run('rollback', '--to', '7')).toMatchObject({
      code: 1,
      stderr: 'signalbox edge rollback: the stored plan is refused: the value is not signed\n',
    })
    expect(await run('diff', '7')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the value is not signed'),
    })
  })

  test('a former name of a command is no longer one, and a slip is understood', async () => {
    const { run } = await project()
    expect((await run('hisotry')).stderr).toContain('(did you mean "edge history"?)')
  })
})

function runGit(cwd: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('git', args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`)
  return stdout
}

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startCells } from './faults/cells.ts'
import { project } from './project.ts'

test('edge bundle: the published plan is deployed with the worker, which serves it when KV fails', async () => {
  const { folder, key, run, said, write, push } = await project()
  expect(await run('bundle', '--out', 'fallback.json')).toMatchObject({
    code: 1,
    stderr: 'signalbox edge bundle: nothing has been published to KV namespace ns1\n',
  })
  const revision = await push('a')
  expect((await run('bundle')).stderr).toContain('--out FILE is needed')
  expect(await said('bundle', '--out', 'other.json')).toBe(
    `other.json is not a fallback.json beside a worker.js: that is where the Worker looks for it\n` +
      `Wrote revision ${revision} of KV namespace ns1 to other.json: the next deployment takes it along\n`,
  )
  write('worker.js', '')
  expect(JSON.parse(await said('bundle', '--out', 'fallback.json', '--json'))).toEqual({
    revision,
    file: 'fallback.json',
  })
  // Whom a Worker does not believe it need not take along.
  writeFileSync(
    path.join(folder, 'wrangler.toml'),
    `[[kv_namespaces]]\nbinding = "SIGNALBOX_KV"\nid = "ns1"\n[vars]\nSIGNALBOX_PUBLIC_KEYS = "${'A'.repeat(43)}"\n`,
  )
  expect(await run('bundle', '--out', 'fallback.json')).toMatchObject({
    code: 1,
    stderr: 'signalbox edge bundle: the Worker would refuse what is published to KV namespace ns1\n',
  })

  const vars = { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_LOG_LEVEL: 'panic' }
  const text = readFileSync(path.join(folder, 'fallback.json'), 'utf8')
  const other = { ...JSON.parse(text), plan: Buffer.from('{}').toString('base64') }
  const cells = await startCells([
    { name: 'good', vars, files: { 'fallback.json': text } },
    // As a template may bring it, and as nobody should.
    { name: 'none', vars, files: { 'fallback.json': 'null' } },
    { name: 'bad', vars, files: { 'fallback.json': JSON.stringify(other) } },
    { name: 'garbage', vars, files: { 'fallback.json': '{' } },
  ])
  onTestFinished(() => cells.stop())
  const names = ['good', 'none', 'bad', 'garbage']
  const statuses = names.map(async (name) => {
    await cells.fault(name, { kind: 'throw' })
    return (await fetch(cells.urlOf(name))).status
  })
  expect(await Promise.all(statuses)).toEqual([404, 503, 503, 503])
})

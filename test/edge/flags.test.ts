import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fakeApi } from './cloudflare-api.ts'
import { command, edge, keygen } from './command.ts'
import { temporaryFile } from './files.ts'
import { echo, worker } from './proxy.ts'

test('edge drain, maintenance and flags: through KV to the worker', async () => {
  const [api, key, a, b] = await Promise.all([fakeApi(), keygen(), echo('a'), echo('b')])
  const started = await worker({
    SIGNALBOX_PUBLIC_KEYS: key.publicKey,
    SIGNALBOX_LOG_LEVEL: 'panic',
    SIGNALBOX_REFRESH_MS: '0',
  })
  const env = { ...api.env, SIGNALBOX_SIGNING_KEY: readFileSync(key.file, 'utf8') }
  const run = (...args: string[]) => edge([...args, '--namespace-id', 'ns1'], env)
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args)
    expect([stderr, code]).toEqual(['', 0])
    return stdout
  }
  /** Who answers, once the isolate has read what the commands wrote. */
  const served = async () => {
    for (const [name, { value }] of api.values) if (!name.startsWith('plan:')) await started.kv.put(name, value)
    await started.runScheduled()
    const answers = await Promise.all(Array.from({ length: 4 }, () => fetch(started.url)))
    return [...new Set(answers.map((answer) => answer.headers.get('x-origin') ?? answer.status))].sort()
  }

  const config = temporaryFile(
    'dynamic.yml',
    JSON.stringify({
      http: {
        routers: { r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['down', 'strip'] } },
        services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: a.url }, { url: b.url }] } } },
        middlewares: { down: { maintenance: { enabled: false } }, strip: { stripPrefix: { prefixes: ['/x'] } } },
      },
    }),
  )
  await said('push', '--config', config, '--key', key.file, '--allow-errors')
  expect(await served()).toEqual(['a', 'b'])
  expect(await said('flags')).toBe('Nothing is switched by hand in KV namespace ns1\n')

  expect(await said('drain', 's', a.url)).toBe(`s@file: ${a.url} gets no new sessions, in KV namespace ns1\n`)
  expect(await served()).toEqual(['b'])
  expect(await said('maintenance', 'down@file', 'on')).toBe('down@file: on, in KV namespace ns1\n')
  expect(await said('flags')).toBe(`drained      s@file ${a.url}\nmaintenance  down@file on\n`)
  expect(await served()).toEqual([503])

  await said('maintenance', 'down', 'auto')
  expect(await served()).toEqual(['b'])
  await said('drain', '--undo', 's@file', a.url)
  expect(await served()).toEqual(['a', 'b'])
  const stored = String(api.values.get('flags')!.value)
  expect(stored).toMatch(/^signalbox-flags\/1 /)
  expect(JSON.parse(stored.slice(stored.indexOf('{')))).toEqual({
    audience: '',
    time: expect.any(Number),
    state: { drained: [], middlewares: {} },
  })

  for (const [args, message] of [
    [['drain', 's', 'http://nobody'], `s@file has no server http://nobody, but ${a.url}, ${b.url}`],
    [['drain', 't', a.url], 'the published plan has no service t@file with servers'],
    [['maintenance', 'strip', 'on'], 'strip@file is a stripPrefix: only maintenance can be switched'],
    [['maintenance', 'nope', 'off'], 'the published plan has no middleware nope@file'],
  ] as const) {
    expect(await run(...args)).toEqual({ code: 1, stdout: '', stderr: `signalbox edge ${args[0]}: ${message}\n` })
  }
  for (const [args, message] of [
    [['drain'], 'SERVICE is missing: the service that has the server'],
    [['maintenance', 'down', 'atuo'], 'atuo: on, off or auto (did you mean "auto"?)'],
    [['drain', '--tcp', 's', a.url], '--tcp: Workers have services of HTTP only'],
    [['drain', '--api', 'http://127.0.0.1:1', 's'], '--api and --configFile are for a proxy with an API'],
  ] as const) {
    expect(await run(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^signalbox edge ${args[0]}: [^\n]*`)),
    })
    expect((await run(...args)).stderr).toContain(`signalbox edge ${args[0]}: ${message}`)
  }
  expect(await said('drain', 's')).toBe('s: nobody is drained\n')
  expect(await said('maintenance', 'down')).toBe('down@file: as configured\n')

  // The same by today's words.
  const bare = (...args: string[]) => command([...args, '--namespace-id', 'ns1'], env)
  expect(await bare('drain', '--json', 's', a.url)).toMatchObject({
    code: 0,
    stdout: `${JSON.stringify({ service: 's@file', drained: [a.url] })}\n`,
  })
  expect(await bare('drain', 's')).toMatchObject({ code: 0, stdout: `${a.url}\n` })
  expect(await bare('maintenance', '--json', 'down', 'on')).toMatchObject({
    code: 0,
    stdout: '{"middleware":"down@file","on":true}\n',
  })
  expect(await said('flags', '--json')).toBe(
    `${JSON.stringify({ drained: [{ service: 's@file', url: a.url }], middlewares: { 'down@file': true } })}\n`,
  )

  // Only who looks needs no key.
  const unsigned = { ...env, SIGNALBOX_SIGNING_KEY: '' }
  expect((await edge(['flags', '--namespace-id', 'ns1'], unsigned)).stdout).toContain('down@file on')
  expect(await edge(['drain', 's', a.url, '--namespace-id', 'ns1'], unsigned)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no signing key'),
  })

  const before = api.values.get('flags')!
  for (const value of ['{', '{"drained":[]}', `${before.value}`.replace('true', 'false')]) {
    api.values.set('flags', { ...before, value: Buffer.from(value) })
    expect(await run('maintenance', 'down', 'on')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the key "flags" in KV namespace ns1 is not believed'),
    })
  }
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileProvider } from '../../../adapters/node/providers/file/provider.ts'
import type { ProviderContext } from '../../../adapters/node/providers/registry.ts'
import { ReadingThread } from '../../../adapters/node/reading/reading-thread.ts'
import { emptyInstall, installDefaults } from '../../../src/compiler/install/defaults.ts'
import { type ProviderRun, runProvider, testContext } from '../../support/provider-run.ts'
import { until } from '../../support/until.ts'

const LIMIT_MS = 15_000

let folder: string
let file: string
let run: ProviderRun
const threads: ReadingThread[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-templates-'))
  file = path.join(folder, 'dynamic.yml')
})

afterEach(async () => {
  await run.stop()
  for (const thread of threads.splice(0)) await thread.close()
  rmSync(folder, { recursive: true })
})

const routers = (names: string) =>
  `http:\n  routers:\n{{- range ${names} }}\n    {{ . }}: {rule: "Path(\`/{{ . }}\`)", service: noop@internal}\n{{- end }}\n`

function provide(options: { debugLogGeneratedTemplate?: boolean } = {}, context: Partial<ProviderContext> = {}): void {
  const { file: defaults } = installDefaults({ ...emptyInstall(), providers: { file: {} } } as never).providers
  const all = { ...defaults!, watch: true, filename: file, ...options }
  run = runProvider(createFileProvider('file', all, { ...testContext(), ...context }))
}

const inForce = () => Object.keys(run.config.http?.routers ?? {}).join()
const becomes = (names: string) => until(inForce, (now) => now === names, LIMIT_MS)

test('a template that fails keeps what is in force, and its problem goes when it is mended', async () => {
  writeFileSync(file, routers('list "a" "b"'))
  provide()
  expect(inForce()).toBe('a,b')
  writeFileSync(file, routers('list "c" (fail "not now")'))
  await until(
    () => run.problems,
    ([problem]) => problem?.message.endsWith('error calling fail: not now') ?? false,
    LIMIT_MS,
  )
  expect(run.problems[0]).toMatchObject({ severity: 'error', position: { file, line: 3, column: 21 } })
  expect(inForce()).toBe('a,b')
  writeFileSync(file, routers('list "d"'))
  await becomes('d')
  expect(run.problems).toEqual([])
})

test('a template is rendered beside the thread that serves, with the variables of the process', async () => {
  process.env.SIGNALBOX_TEST_NAME = 'fromenv'
  const thread = new ReadingThread()
  threads.push(thread)
  let elsewhere = 0
  writeFileSync(file, routers('list "a"'))
  provide(
    {},
    {
      readElsewhere: (...of) => {
        elsewhere++
        return thread.read(...of)
      },
    },
  )
  expect([inForce(), elsewhere]).toEqual(['a', 0])
  writeFileSync(file, `{{ range 100000 }}{{ end }}${routers('list (env "SIGNALBOX_TEST_NAME")')}`)
  await becomes('fromenv')
  expect(elsewhere).toBe(1)
  delete process.env.SIGNALBOX_TEST_NAME
})

test('names of hosts are resolved before anything is said of the file', async () => {
  writeFileSync(file, routers('list (getHostByName "localhost" | replace ":" "x" | replace "." "-" | printf "h%s")'))
  provide()
  expect(run.count).toBe(0)
  await until(
    () => run.count,
    (count) => count === 1,
    LIMIT_MS,
  )
  expect(inForce()).toMatch(/^h(127-0-0-1|xx1)$/)
})

test('a host without an address is an error, as in Traefik', async () => {
  writeFileSync(file, routers('list (getHostByName "no-such-host.invalid")'))
  provide()
  await until(
    () => run.problems,
    ([problem]) => problem !== undefined,
    LIMIT_MS,
  )
  expect(run.problems[0]!.message).toMatch(/error calling getHostByName: invalid argument to Intn$/)
  expect(run.problems[0]!.hint).toBe('no-such-host.invalid has no address')
})

test('what a template gives is logged only where that is asked for', async () => {
  const lines: string[] = []
  const log = { log: (level: string, message: string) => void lines.push(`${level} ${message}`) }
  writeFileSync(file, routers('list "a"'))
  provide({}, { log })
  expect(lines).toEqual([])
  await run.stop()
  provide({ debugLogGeneratedTemplate: true }, { log })
  expect(lines).toEqual([
    `debug Template content: ${routers('list "a"')}`,
    'debug Rendering results: http:\n  routers:\n    a: {rule: "Path(`/a`)", service: noop@internal}\n',
  ])
})

import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { watchFile } from '../../../adapters/cli/edge/watch-file.ts'
import { FileProvider } from '../../../adapters/node/providers/file/provider.ts'
import { placeOf } from '../../../adapters/node/providers/file/source.ts'
import { PathWatch } from '../../../adapters/node/providers/file/watch.ts'
import type { ProviderSink } from '../../../adapters/node/providers/provider.ts'
import { andThen } from '../../../src/http/maybe-promise.ts'
import { testContext } from '../../support/provider-run.ts'
import { until } from '../../support/until.ts'

/** Longer than the look takes to come round, shorter than the usual throttle and the look together. */
const LIMIT_MS = 3_000

let dir: string
let stop: () => Promise<void> | void
/** Names of the routers in force. */
let inForce: readonly string[]

const at = (...names: string[]) => path.join(dir, ...names)
const routers = (...names: string[]) =>
  `http: {routers: {${names.map((name) => `${name}: {rule: "Path(\`/${name}\`)", service: noop@internal}`).join(', ')}}}\n`

function folder(name: string, ...files: [name: string, text: string][]): void {
  mkdirSync(at(name), { recursive: true })
  for (const [file, text] of files) writeFileSync(at(name, file), text)
}

function provide(place: { filename: string } | { directory: string }): void {
  const options = { place: placeOf(place), isFolder: 'directory' in place, watch: true, showsTemplates: false }
  const provider = new FileProvider('file', options, { ...testContext(), readElsewhere: null })
  const stopping = new AbortController()
  const sink: ProviderSink = {
    connected: () => undefined,
    emit(derive) {
      andThen(derive(), ({ config }) => {
        inForce = Object.keys(config.http?.routers ?? {})
      })
    },
  }
  const running = provider.run(sink, stopping.signal)
  stop = () => {
    stopping.abort()
    return running
  }
}

/** Waits for the routers; then the change after that must be seen too. */
const seen = (...names: string[]) =>
  until(
    () => inForce.join(),
    (now) => now === names.join(),
    LIMIT_MS,
  )

/** The watchers are made and the first look is over: what comes now comes to a provider at rest. */
async function atRest(): Promise<void> {
  let looks = 0
  const probe = new PathWatch(
    () => [dir],
    () => {
      looks++
    },
  )
  await until(
    () => looks,
    (count) => count > 0,
  )
  probe.close()
}

beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-watch-'))
  inForce = []
  stop = () => undefined
})

afterEach(async () => {
  await stop()
  rmSync(dir, { recursive: true, force: true })
})

const canMount = ((): boolean => {
  const place = mkdtempSync(path.join(os.tmpdir(), 'signalbox-mount-'))
  const [a, b] = [path.join(place, 'a'), path.join(place, 'b')]
  try {
    writeFileSync(a, '')
    writeFileSync(b, '')
    execFileSync('mount', ['--bind', a, b], { stdio: 'ignore' })
    execFileSync('umount', [b], { stdio: 'ignore' })
    return true
  } catch {
    // No such right or no such program: hard links show the same.
    return false
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})()

describe.each(['filename', 'directory'] as const)('a change by another name of the file, as %s', (option) => {
  const place = () => (option === 'filename' ? { filename: at('inside', 'r.yml') } : { directory: at('inside') })

  beforeEach(() => {
    folder('outside', ['r.yml', routers('one')])
    folder('inside')
  })

  test('a hard link', async () => {
    linkSync(at('outside', 'r.yml'), at('inside', 'r.yml'))
    provide(place())
    await atRest()
    writeFileSync(at('outside', 'r.yml'), routers('two'))
    await seen('two')
    writeFileSync(at('outside', 'r.yml'), routers('three'))
    await seen('three')
  })

  test.runIf(canMount)('a bind mount', async () => {
    writeFileSync(at('inside', 'r.yml'), '')
    execFileSync('mount', ['--bind', at('outside', 'r.yml'), at('inside', 'r.yml')])
    try {
      provide(place())
      await atRest()
      writeFileSync(at('outside', 'r.yml'), routers('two'))
      await seen('two')
      appendFileSync(at('outside', 'r.yml'), '\n# and on\n')
      writeFileSync(at('outside', 'r.yml'), routers('three'))
      await seen('three')
    } finally {
      execFileSync('umount', [at('inside', 'r.yml')])
    }
  })

  test('a link to a link, switched and written to', async () => {
    folder('releases', ['2.yml', routers('two')])
    symlinkSync('../outside/r.yml', at('releases', 'current.yml'))
    symlinkSync('../releases/current.yml', at('inside', 'r.yml'))
    provide(place())
    await atRest()
    writeFileSync(at('outside', 'r.yml'), routers('written'))
    await seen('written')
    symlinkSync('2.yml', at('releases', 'next.yml'))
    renameSync(at('releases', 'next.yml'), at('releases', 'current.yml'))
    await seen('two')
    writeFileSync(at('releases', '2.yml'), routers('again'))
    await seen('again')
  })

  test('the link `..data` of a mounted Kubernetes map', async () => {
    folder('inside/..1', ['r.yml', routers('one')])
    folder('inside/..2', ['r.yml', routers('two')])
    symlinkSync('..1', at('inside', '..data'))
    symlinkSync('..data/r.yml', at('inside', 'r.yml'))
    provide(place())
    await atRest()
    symlinkSync('..2', at('inside', '..data_tmp'))
    renameSync(at('inside', '..data_tmp'), at('inside', '..data'))
    rmSync(at('inside', '..1'), { recursive: true })
    await seen('two')
    folder('inside/..3', ['r.yml', routers('three')])
    symlinkSync('..3', at('inside', '..data_tmp'))
    renameSync(at('inside', '..data_tmp'), at('inside', '..data'))
    await seen('three')
  })
})

describe.each(['filename', 'directory'] as const)('a folder that is another one now, as %s', (option) => {
  const place = (name: string) => (option === 'filename' ? { filename: at(name, 'r.yml') } : { directory: at(name) })

  test('swapped by renames, and edited afterwards', async () => {
    folder('conf', ['r.yml', routers('one')])
    folder('conf.new', ['r.yml', routers('two')])
    provide(place('conf'))
    await atRest()
    renameSync(at('conf'), at('conf.old'))
    renameSync(at('conf.new'), at('conf'))
    await seen('two')
    writeFileSync(at('conf', 'r.yml'), routers('three'))
    await seen('three')
    writeFileSync(at('conf.old', 'r.yml'), routers('old'))
    writeFileSync(at('conf', 'r.yml'), routers('four'))
    await seen('four')
  })

  test('a folder that is a link and is switched to another target', async () => {
    folder('releases/1', ['r.yml', routers('one')])
    folder('releases/2', ['r.yml', routers('two')])
    symlinkSync('releases/1', at('current'))
    provide(place('current'))
    await atRest()
    symlinkSync('releases/2', at('next'))
    renameSync(at('next'), at('current'))
    await seen('two')
    writeFileSync(at('releases', '2', 'r.yml'), routers('three'))
    await seen('three')
  })

  test('a folder above it that is swapped', async () => {
    folder('top/conf', ['r.yml', routers('one')])
    folder('top.new/conf', ['r.yml', routers('two')])
    provide(place('top/conf'))
    await atRest()
    renameSync(at('top'), at('top.old'))
    renameSync(at('top.new'), at('top'))
    await seen('two')
    writeFileSync(at('top', 'conf', 'r.yml'), routers('three'))
    await seen('three')
  })
})

test('sub-folders that appear are watched too', async () => {
  folder('conf', ['a.yml', routers('one')])
  provide({ directory: at('conf') })
  await atRest()
  folder('conf/sub', ['b.yml', routers('two')])
  await seen('one', 'two')
  writeFileSync(at('conf', 'sub', 'b.yml'), routers('three'))
  await seen('one', 'three')
})

test('a change that no event tells of is found by the look', async () => {
  const file = at('r.yml')
  writeFileSync(file, routers('one'))
  // Behind so many others, the file has no watcher of its own, and neither has its folder.
  const others = Array.from({ length: 1_024 }, (_, number) => at('none', String(number)))
  let told = 0
  const watch = new PathWatch(
    () => [...others, file],
    () => {
      told++
    },
  )
  stop = () => watch.close()
  // The first look, and the second one when the time of the file has become old enough.
  await until(
    () => told,
    (count) => count === 2,
    5_000,
  )
  writeFileSync(file, routers('two'))
  await until(
    () => told,
    (count) => count === 3,
    LIMIT_MS,
  )
})

test('what is written anew with the same text is no change', async () => {
  const file = at('r.yml')
  writeFileSync(file, routers('one'))
  let changes = 0
  stop = watchFile(file, () => {
    changes++
  })
  await atRest()
  writeFileSync(file, routers('one'))
  rmSync(file)
  writeFileSync(file, routers('one'))
  writeFileSync(file, routers('two'))
  await until(
    () => changes,
    (count) => count > 0,
    LIMIT_MS,
  )
  expect(changes).toBe(1)
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Containers } from '../../../adapters/node/providers/docker/containers.ts'
import { createDockerProvider } from '../../../adapters/node/providers/docker/provider.ts'
import { labelConstraint } from '../../../src/compiler/discovery/constraints.ts'
import { readContainer } from '../../../src/compiler/discovery/docker/container.ts'
import { dockerOwnLabels } from '../../../src/compiler/discovery/docker/own-labels.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'
import { ScriptedDocker } from '../../servers/support/scripted-docker.ts'
import { type ProviderRun, runProvider, testContext } from '../../support/provider-run.ts'
import { until } from '../../support/until.ts'

let engine: ScriptedDocker
let run: ProviderRun

beforeEach(async () => {
  engine = new ScriptedDocker()
  await engine.start()
})
afterEach(async () => {
  await run.stop()
  engine.stop()
})

const rule = (name: string) => ({ [`traefik.http.routers.${name}.rule`]: `Host(\`${name}\`)` })

function start(...flags: string[]): ProviderRun {
  const args = [`--providers.docker.endpoint=${engine.endpoint}`, ...flags]
  const { install } = loadInstall({ args, env: {}, exists: () => false, readFile: () => '' })
  run = runProvider(createDockerProvider('docker', install!.providers.docker!, testContext()))
  return run
}

const names = (): string =>
  Object.keys(run.last?.config.http?.routers ?? {})
    .sort()
    .join()

const seen = (wanted: string) => until(names, (found) => found === wanted, 5_000)

describe('the Docker provider', () => {
  test('reads the list once, and then only what an event is about', async () => {
    for (let number = 1; number <= 5; number++) engine.put(number, rule(`r${number}`))
    start()
    await seen('r1,r2,r3,r4,r5')
    const id = engine.put(6, rule('r6'))
    engine.tell('start', id)
    await seen('r1,r2,r3,r4,r5,r6')
    engine.remove(id)
    engine.tell('destroy', id)
    await seen('r1,r2,r3,r4,r5')
    expect([...engine.asked]).toEqual([
      ['HEAD /_ping', 1],
      ['GET /events', 1],
      ['GET /containers/json', 1],
      ['GET /containers/ID/json', 1],
    ])
  })

  test('says nothing where nothing is different', async () => {
    const id = engine.put(1, rule('a'))
    start()
    await seen('a')
    const { count } = run
    for (let times = 0; times < 5; times++) engine.tell('update', id)
    const last = engine.put(2, rule('b'))
    engine.tell('start', last)
    await seen('a,b')
    expect(run.count).toBe(count + 1)
  })

  test('who dies is no server at once, before anybody was asked', async () => {
    const id = engine.put(1, rule('a'))
    start()
    await seen('a')
    engine.change(id, { status: 'exited' })
    engine.tell('die', id)
    await seen('')
    expect(run.urgent).toBeGreaterThan(0)
  })

  test('most of many gone is believed at the second look', { timeout: 20_000 }, async () => {
    const ids = Array.from({ length: 30 }, (_, at) => engine.put(at + 1, rule(`r${at}`)))
    start()
    await until(names, (found) => found.split(',').length === 30)
    for (const id of ids) engine.remove(id)
    engine.cut()
    await until(
      () => run.lost,
      (lost) => lost !== null,
    )
    const before = engine.count('GET /containers/json')
    run.again()
    await seen('')
    expect(engine.count('GET /containers/json')).toBe(before + 2)
  })

  test('health comes and goes', async () => {
    const id = engine.put(1, rule('a'))
    engine.change(id, { health: 'starting' })
    start()
    await until(
      () => run.count,
      (count) => count > 0,
    )
    expect(names()).toBe('')
    engine.change(id, { health: 'healthy' })
    engine.tell('health_status: healthy', id)
    await seen('a')
    engine.change(id, { health: 'unhealthy' })
    engine.tell('health_status: unhealthy', id)
    await seen('')
  })

  test('a list of something else is a lost source', async () => {
    engine.put(1, rule('a'))
    start()
    await seen('a')
    for (const answer of ['{"message": "hello"}', '[1, 2]', '[{"Names": ["/x"]}]', '[', '<html>']) {
      engine.answerList(answer)
      engine.cut()
      await until(
        () => run.lost,
        (lost) => lost !== null,
      )
      run.again()
      await until(
        () => run.lost,
        (lost) => lost !== null,
      )
      expect(names()).toBe('a')
      engine.answerList(null)
      run.again()
      await until(
        () => run.lost,
        (lost) => lost === null,
      )
    }
  })
})

describe('the containers of an engine', () => {
  const container = (number: number) => {
    const scripted = new ScriptedDocker()
    scripted.put(number, rule(`r${number}`))
    return readContainer(scripted.page(number))!
  }

  test('what was read by itself is newer than a list that was asked for before', async () => {
    const containers = new Containers(
      {
        exposedByDefault: true,
        constraint: labelConstraint(''),
        allowEmptyServices: false,
        network: '',
        useBindPortIP: false,
        rule: { render: () => 'Path(`/`)' },
        publishedAt: '',
      },
      'drop',
      { subject: 'container', readOwn: dockerOwnLabels },
    )
    const [old, started] = [container(1), container(2)]
    containers.set(old)
    containers.set(started)
    expect(await containers.replace([old], new Set([started.id]))).toBe(0)
    expect(Object.keys(containers.derive().config.http?.routers ?? {})).toEqual(['r1', 'r2'])
    expect(await containers.replace([old])).toBe(1)
  })
})

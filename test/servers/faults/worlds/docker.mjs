import { Dockerd } from '../../support/dockerd.ts'
import { ScriptedDocker } from '../../support/scripted-docker.ts'
import { startSource } from '../../support/source.ts'

/** Containers of a real engine, reached through the relay by TCP. */
export async function createWorld() {
  const engine = new Dockerd(true)
  const PASSWORD = 'correct-horse-battery'
  return {
    name: 'docker',
    isHttp: true,
    target: { path: engine.socket },
    secrets: [PASSWORD],
    flags: (port) => [
      `--providers.docker.endpoint=tcp://127.0.0.1:${port}`,
      '--providers.docker.username=somebody',
      `--providers.docker.password=${PASSWORD}`,
    ],
    async start() {
      await engine.start()
      await engine.prepare('172.31.245.0/24')
    },
    put: (name) => engine.runContainer(name, { [`traefik.http.routers.${name}.rule`]: `Host(\`${name}.test\`)` }),
    remove: (name) => engine.docker('rm', '-f', name),
    stall: () => engine.stall(),
    goOn: () => engine.goOn(),
    async restart() {
      await engine.stop()
      await engine.start()
    },
    stop: async () => {
      await engine.clear()
      await engine.stop()
    },
    special: ({ hasRouter }) => [
      [
        'an engine that takes only versions from 1.44 on',
        () => scripted({ version: '1.51', minimum: '1.44' }, hasRouter),
      ],
      ['an engine of long ago', () => scripted({ version: '1.24', minimum: '1.12' }, hasRouter)],
      [
        'a stream that ends after every event',
        async () => {
          const engine2 = new ScriptedDocker()
          await engine2.start()
          engine2.put(1, { 'traefik.http.routers.kept.rule': 'Host(`a`)' })
          const source = await startSource([`--providers.docker.endpoint=${engine2.endpoint}`])
          try {
            await source.until(hasRouter('kept'), 5_000)
            for (let number = 2; number < 6; number++) {
              const id = engine2.put(number, { [`traefik.http.routers.r${number}.rule`]: 'Host(`b`)' })
              engine2.tell('start', id)
              engine2.cut()
              await source.until(hasRouter(`r${number}`), 6_000)
            }
            if (engine2.count('GET /events') > 12) throw new Error('it is asked too often')
          } finally {
            await source.stop()
            engine2.stop()
          }
        },
      ],
      [
        'another, empty engine under the same address',
        async () => {
          const first = new ScriptedDocker()
          await first.start()
          first.put(1, { 'traefik.http.routers.kept.rule': 'Host(`a`)' })
          const source = await startSource([`--providers.docker.endpoint=${first.endpoint}`])
          const second = new ScriptedDocker()
          try {
            await source.until(hasRouter('kept'), 5_000)
            first.stop()
            await second.start(first.port)
            await source.until((config) => !hasRouter('kept')(config), 6_000)
          } finally {
            await source.stop()
            second.stop()
          }
        },
      ],
    ],
  }
}

async function scripted(options, hasRouter) {
  const engine = new ScriptedDocker(options)
  await engine.start()
  engine.put(1, { 'traefik.http.routers.a.rule': 'Host(`a`)' })
  const source = await startSource([`--providers.docker.endpoint=${engine.endpoint}`])
  try {
    await source.until(hasRouter('a'), 5_000)
    const id = engine.put(2, { 'traefik.http.routers.b.rule': 'Host(`b`)' })
    engine.tell('start', id)
    await source.until(hasRouter('b'), 2_000)
    engine.remove(id)
    engine.tell('destroy', id)
    await source.until((config) => !hasRouter('b')(config), 2_000)
  } finally {
    await source.stop()
    engine.stop()
  }
}

import { expect, test } from 'vitest'
import { formatProblem } from '../../../adapters/cli/diagnostics.ts'
import { type InstallPorts, loadInstall } from '../../../src/compiler/install/load.ts'

const said = (ports: Partial<InstallPorts>, files: Readonly<Record<string, string>> = {}): string[] =>
  loadInstall({
    args: [],
    env: {},
    exists: (path) => Object.hasOwn(files, path),
    readFile: (path) => files[path]!,
    ...ports,
  }).problems.map((problem) => formatProblem(problem, () => null))

const kubernetes = (service: string) =>
  `\n  hint: Kubernetes sets it for a Service called ${service}: "enableServiceLinks: false" in the pod's spec stops that`

test('what Kubernetes sets beside a Service is named, with the reason', () => {
  const env = {
    TRAEFIK_API_SERVICE_HOST: '10.0.0.1',
    TRAEFIK_API_SERVICE_PORT: '80',
    TRAEFIK_API_PORT: 'tcp://10.0.0.1:80',
    TRAEFIK_API_PORT_80_TCP: 'tcp://10.0.0.1:80',
    TRAEFIK_API_PORT_80_TCP_PROTO: 'tcp',
    TRAEFIK_API_PORT_80_TCP_PORT: '80',
    TRAEFIK_API_PORT_80_TCP_ADDR: '10.0.0.1',
  }
  expect(said({ env })).toEqual([
    `TRAEFIK_API_PORT: error: field not found, node: port${kubernetes('traefik-api')}`,
    `TRAEFIK_API_SERVICE_HOST, TRAEFIK_API_SERVICE_PORT: error: field not found, node: service${kubernetes('traefik-api')}`,
  ])
})

test.each<[Record<string, string>, string[]]>([
  [
    { TRAEFIK_METRICS_PROMETHEUS_SERVICE_PORT_HTTP: '80' },
    [
      `TRAEFIK_METRICS_PROMETHEUS_SERVICE_PORT_HTTP: error: field not found, node: service${kubernetes('traefik-metrics-prometheus')}`,
    ],
  ],
  [{ TRAEFIK_API_PORT: '80' }, ['TRAEFIK_API_PORT: error: field not found, node: port']],
  [
    { TRAEFIK_LOG_LEVL: 'x', TRAEFIK_API_INSECURE: 'maybe' },
    [
      'TRAEFIK_API_INSECURE: error: strconv.ParseBool: parsing "maybe": invalid syntax',
      'TRAEFIK_LOG_LEVL: error: field not found, node: levl\n  hint: did you mean "level"?',
    ],
  ],
  [{ TRAEFIK_API__X: '1' }, ['TRAEFIK_API__X: error: invalid element: api..x']],
  [
    { TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: ':80', TRAEFIK_PING_ENTRYPOINT: 'webb', TRAEFIK_CORE_DEFAULTRULESYNTAX: 'v1' },
    ['TRAEFIK_CORE_DEFAULTRULESYNTAX: warning: the option "core.defaultRuleSyntax" is deprecated'],
  ],
])('each problem of the environment names its variable: %j', (env, wanted) => {
  const found = said({ env })
  for (const start of wanted) expect(found).toContainEqual(expect.stringContaining(start))
  for (const problem of found) expect(problem).toMatch(/^TRAEFIK_\w+: /)
})

test.each<[string[], string[]]>([
  [['--api.prt=1'], ['--api.prt: error: field not found, node: prt']],
  [['-API.Insecure=maybe'], ['-API.Insecure: error: strconv.ParseBool: parsing "maybe": invalid syntax']],
  [
    ['--entryPoints.web.http.tls.domains[0].mian=a'],
    ['--entryPoints.web.http.tls.domains[0].mian: error: field not found, node: mian\n  hint: did you mean "main"?'],
  ],
  [['--providers.marathon'], ['--providers.marathon: error: the option "providers.marathon" has been removed']],
  [['--.x=1'], ['--.x: error: invalid element: .x']],
  [['--entryPoints.web.address=:99999'], ['--entryPoints.web.address: error: ']],
  [['--api.basePath', 'relative'], ['--api.basePath: error: ']],
])('each problem of the command line names its flag as it was written: %j', (args, wanted) => {
  const found = said({ args })
  for (const start of wanted) expect(found).toContainEqual(expect.stringContaining(start))
  for (const problem of found) expect(problem).toMatch(/^--?[\w.[\]]+: /)
})

test('what is only noticed once everything was read has its place in the file', () => {
  const files = { '/traefik.yml': 'api:\n  basePath: relative\n' }
  expect(said({ args: ['--configFile=/traefik.yml'] }, files)).toEqual([
    expect.stringMatching(/^\/traefik\.yml:2:3: error: /),
  ])
})

test('a removed option in the environment is named beside a file too', () => {
  const files = { '/traefik.yml': 'log: {level: INFO}\n' }
  expect(said({ args: ['--configFile=/traefik.yml'], env: { TRAEFIK_PILOT_TOKEN: 'x' } }, files)).toEqual([
    expect.stringMatching(/^TRAEFIK_PILOT_TOKEN: error: the option "pilot" has been removed/),
  ])
})

test('references in an install file are put in before it is read, and are in no message', () => {
  const files = {
    './traefik.yml': `providers:\n  redis:\n    endpoints: ["\${env:REDIS}"]\n    password: "\${secret:PASSWORD}"\n    db: "\${env:DB}"\n`,
  }
  const texts: Readonly<Record<string, string>> = { 'env REDIS': 'r:6379', 'secret PASSWORD': 'hunter2', 'env DB': '3' }
  const load = (more: Readonly<Record<string, string>>) =>
    loadInstall({
      args: ['--configFile=./traefik.yml'],
      env: {},
      exists: (path) => Object.hasOwn(files, path),
      readFile: (path) => files[path as keyof typeof files],
      secretOf: (source, name) => ({ ...texts, ...more })[`${source} ${name}`] ?? null,
    })
  expect(load({}).install?.providers.redis).toMatchObject({ endpoints: ['r:6379'], password: 'hunter2', db: 3 })
  const wrong = load({ 'env DB': 'not-a-number' }).problems.map((problem) => formatProblem(problem, () => null))
  expect(wrong.join()).toContain('traefik.yml:5:')
  expect(wrong.join()).not.toContain('not-a-number')
})

test('a reference in an install file to nothing is an error with its place', () => {
  const text = `api:\n  basePath: "\${secret:NOWHERE}"\n`
  const { install, problems } = loadInstall({
    args: ['--configFile=./traefik.yml'],
    env: {},
    exists: (path) => path === './traefik.yml',
    readFile: () => text,
    secretOf: () => null,
  })
  expect(install).toBeNull()
  expect(problems.map((problem) => formatProblem(problem, () => null))).toEqual([
    expect.stringContaining(`traefik.yml:2:3: error: \${secret:NOWHERE} is not there`),
  ])
})

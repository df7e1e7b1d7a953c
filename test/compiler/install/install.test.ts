import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type InstallPorts, loadInstall } from '../../../src/compiler/install/load.ts'
import { mismatches } from '../expectation.ts'

const DATA = '../shared/conformance/data'
const read = <T>(name: string) => JSON.parse(readFileSync(`${DATA}/${name}`, 'utf8')) as T

interface Case {
  readonly name: string
  readonly kind: string
  readonly format: string
  readonly text: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly effective?: boolean
  readonly expect: Readonly<Record<string, unknown>>
}

const load = (ports: Partial<InstallPorts>, files: Readonly<Record<string, string>> = {}) =>
  loadInstall({
    args: [],
    env: {},
    exists: (path) => Object.hasOwn(files, path),
    readFile: (path) => files[path] ?? '',
    ...ports,
  })

const messages = (loaded: ReturnType<typeof load>) => loaded.problems.map((problem) => problem.message)

const check = (loaded: ReturnType<typeof load>, wanted: Case) => {
  if (typeof wanted.expect.error === 'string') {
    expect(loaded.install).toBeNull()
    expect(messages(loaded).join('\n')).toMatch(new RegExp(wanted.expect.error, 'i'))
    return
  }
  expect(loaded.written).not.toBeNull()
  expect(mismatches(wanted.expect, wanted.effective === true ? loaded.install : loaded.written)).toEqual([])
}

describe('flags of the conformance data', () => {
  test.each(read<Case[]>('flags.json').map((wanted) => [wanted.args.join(' '), wanted] as const))(
    '%s',
    (_name, wanted) => {
      check(load({ args: wanted.args }), wanted)
    },
  )
})

describe('variables of the conformance data', () => {
  test.each(read<Case[]>('env.json').map((wanted) => [JSON.stringify(wanted.env), wanted] as const))(
    '%s',
    (_name, wanted) => {
      const loaded = load({ env: wanted.env })
      check(loaded, wanted)
      if (Object.keys(wanted.expect).length === 0) expect(loaded.source).toBe('none')
    },
  )
})

describe('files of the conformance data', () => {
  const cases = read<Case[]>('static-files.json').filter((wanted) => wanted.kind === 'static')
  test.each(cases)('$name', (wanted) => {
    const file = `/f.${wanted.format}`
    check(load({ args: [`--configFile=${file}`] }, { [file]: wanted.text }), wanted)
  })
})

describe('reference files', () => {
  test.each(['static-file.yaml', 'static-file.toml'])('%s is understood', (name) => {
    const loaded = load({ args: ['--configfile', name] }, { [name]: readFileSync(`${DATA}/reference/${name}`, 'utf8') })
    expect(loaded.written).not.toBeNull()
    expect(messages(loaded).filter((message) => /unknown|not found, node/.test(message))).toEqual([])
  })
})

describe('which source counts', () => {
  const yaml = 'log: {level: WARN}'
  test.each<[string, Partial<InstallPorts>, Record<string, string>, string, string | null]>([
    ['nothing', {}, {}, 'none', null],
    [
      'a file in a usual place beats flags',
      { args: ['--log.level=INFO'] },
      { './traefik.yml': yaml },
      'file',
      './traefik.yml',
    ],
    [
      '/etc comes first',
      {},
      { './traefik.yml': yaml, '/etc/traefik/traefik.yaml': yaml },
      'file',
      '/etc/traefik/traefik.yaml',
    ],
    [
      'toml comes first',
      {},
      { './traefik.yml': yaml, './traefik.toml': '[log]\nlevel="WARN"' },
      'file',
      './traefik.toml',
    ],
    ['home', { env: { HOME: '/h' } }, { '/h/.config/traefik.yml': yaml }, 'file', '/h/.config/traefik.yml'],
    ['unset XDG_CONFIG_HOME', {}, { '/traefik.yml': yaml }, 'file', '/traefik.yml'],
    [
      'variables in the path',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
      { args: ['--configFile=${D}/$F.yml'], env: { D: '/d', F: 'f' } },
      { '/d/f.yml': yaml },
      'file',
      '/d/f.yml',
    ],
    ['another spelling of configFile is none', { args: ['--CONFIGFILE=/f.yml'] }, { '/f.yml': yaml }, 'flags', null],
    [
      'a missing file is no error',
      { args: ['--configfile=nosuch.yml'], env: { TRAEFIK_LOG_LEVEL: 'INFO' } },
      {},
      'flags',
      null,
    ],
    ['flags beat variables', { args: ['--ping'], env: { TRAEFIK_LOG_LEVEL: 'INFO' } }, {}, 'flags', null],
    ['variables', { env: { TRAEFIK_LOG_LEVEL: 'INFO' } }, {}, 'env', null],
  ])('%s', (_name, ports, files, source, file) => {
    const loaded = load(ports, files)
    expect(messages(loaded)).toEqual([])
    expect([loaded.source, loaded.file]).toEqual([source, file])
    expect(loaded.install).not.toBeNull()
  })
})

describe('what stops the start', () => {
  test.each<[string, string]>([
    ['', 'no configuration found in file: /f.yml'],
    ['{}', 'no configuration found in file: /f.yml'],
    ['foo: 1', 'no valid configuration found in file: /f.yml'],
    ['log:', 'no valid configuration found in file: /f.yml'],
    ['- x', 'cannot unmarshal a list into a configuration'],
    ['log: [', 'yaml: line 1: unexpected end of the stream within a flow collection'],
    ['ocsp: {responderOverrides: {a: ""}}', 'OCSP responder override value for a cannot be empty'],
    ['entryPoints: {a: {address: ":80/foo"}}', 'error while building entryPoint a: invalid protocol: foo'],
    ['entryPoints: {a: {address: ":x"}}', 'error while building entryPoint a: address :x: invalid port'],
    ['entryPoints: {a: {address: "80"}}', 'error while building entryPoint a: address 80: missing port in address'],
    [
      'entryPoints: {a: {address: ":53/udp", udp: {timeout: 0}}}',
      'error while building entryPoint a: timeout should be greater than 0',
    ],
    [
      'entryPoints: {a: {address: ":80", http2: {maxConcurrentStreams: -1}}}',
      'error while building entryPoint a: http2.maxConcurrentStreams must not be negative',
    ],
    ['entryPoints: {"": {address: ":80"}}', 'an entry point needs a name'],
    ['metrics: {statsD: {pushInterval: 0}}', 'the interval must be greater than 0'],
    ['metrics: {datadog: {pushInterval: -1s}}', 'the interval must be greater than 0'],
    ['metrics: {influxDB2: {token: a, org: b, bucket: c, pushInterval: 0}}', 'the interval must be greater than 0'],
    ['accessLog: {bufferingSize: -1}', 'the number of lines that wait must not be negative'],
    [
      'entryPoints: {a: {address: ":80", proxyProtocol: {}}}',
      'error while building entryPoint a: building listener: error creating proxy protocol listener: no trusted IPs provided',
    ],
    [
      'certificatesResolvers: {a: {acme: {storage: ""}}}',
      'unable to initialize certificates resolver "a" with no storage location for the certificates',
    ],
    [
      'certificatesResolvers: {a: {acme: {onDemand: {rate: {average: 5}}}}}',
      'onDemand needs the URL of a service that allows names',
    ],
    [
      'certificatesResolvers: {a: {acme: {onDemand: {ask: "ftp://x"}}}}',
      'onDemand needs the URL of a service that allows names',
    ],
    [
      'certificatesResolvers: {a: {acme: {onDemand: {ask: "http://x", rate: {average: 0}}}}}',
      'the rate must be at least 1',
    ],
    [
      'certificatesResolvers: {a: {acme: {onDemand: {ask: "http://x", rate: {period: 1ms}}}}}',
      'the period must be at least 1s',
    ],
    [
      'certificatesResolvers: {a: {acme: {onDemand: {ask: "http://x"}}}, b: {acme: {onDemand: {ask: "http://x"}}}}',
      'only one resolver can order certificates on demand',
    ],
    ['pilot: {token: x}', 'the option "pilot" has been removed in Traefik v3'],
    ['tracing: {jaeger: {}}', 'the option "tracing.jaeger" has been removed in Traefik v3'],
  ])('%s', (text, message) => {
    const loaded = load({ args: ['--configFile=/f.yml'] }, { '/f.yml': text })
    expect(loaded.install).toBeNull()
    expect(messages(loaded)).toContain(message)
  })

  test.each<[string, string]>([
    ['{certificatesDuration: 0}', 'cannot manage certificates with duration lower than 1 hour'],
    ['{clientTimeout: 10s}', 'clientTimeout must be at least clientResponseHeaderTimeout'],
    ['{dnsChallenge: {provider: exec, delayBeforeCheck: 5s}}', 'delayBeforeCheck is deprecated'],
    ['{dnsChallenge: {provider: exec, disablePropagationCheck: true}}', 'disablePropagationCheck is deprecated'],
    [
      '{caServer: "https://acme-v01.api.letsencrypt.org/directory"}',
      'https://acme-v01.api.letsencrypt.org/directory is out of service, https://acme-v02.api.letsencrypt.org/directory is used',
    ],
  ])('a resolver: %s is a warning', (acme, message) => {
    const text = `certificatesResolvers: {a: {acme: ${acme}}}`
    const loaded = load({ args: ['--configFile=/f.yml'] }, { '/f.yml': text })
    expect(loaded.install).not.toBeNull()
    expect(messages(loaded)).toEqual([message])
  })

  test('removed options count in sources that are not read', () => {
    const loaded = load({ args: ['--configFile=/f.yml'], env: { TRAEFIK_PILOT_TOKEN: 'x' } }, { '/f.yml': 'ping: {}' })
    expect(loaded.install).toBeNull()
  })

  test('a section that is switched off is one all the same', () => {
    const { install, problems } = load({ args: ['--configFile=/f.yml'] }, { '/f.yml': 'api: off' })
    expect(install).not.toBeNull()
    expect(problems).toMatchObject([{ severity: 'warning', message: 'api is a block, not a text' }])
  })

  test('a file of an unknown type', () => {
    expect(messages(load({ args: ['--configFile=/f.txt'] }, { '/f.txt': 'ping: {}' }))).toEqual([
      'unsupported file extension: /f.txt',
    ])
  })

  test('a file that cannot be read', () => {
    const readFile = () => {
      throw new Error('permission denied')
    }
    expect(messages(load({ args: ['--configFile=/f.yml'], readFile }, { '/f.yml': '' }))).toEqual([
      'reading /f.yml: permission denied',
    ])
  })
})

describe('flags', () => {
  test.each<[string[], unknown]>([
    [['--log.level', 'DEBUG', '--ping', 'x', '--api'], { log: { level: 'DEBUG' }, ping: {}, api: null }],
    [
      ['--entrypoints.web.address', ':81', '--log.level=INFO'],
      { entryPoints: { web: { address: ':81' } }, log: { level: 'INFO' } },
    ],
    [['--api', '--', '--ping'], { api: {}, ping: null }],
    [['--api=false', '--api.insecure'], { api: null }],
    [['--tracing.resourceattributes.a.b=1'], { tracing: { resourceAttributes: { 'a.b': '1' } } }],
    [
      ['--entrypoints.Web.address=:1', '--entrypoints.web.asdefault'],
      { entryPoints: { Web: { address: ':1', asDefault: true } } },
    ],
  ])('%j', (args, wanted) => {
    expect(mismatches(wanted, load({ args }).written)).toEqual([])
  })

  test('options of the other protocol stop nothing', () => {
    const args = ['--entryPoints.web.address=:80', '--entryPoints.web.udp.timeout=0']
    const udp = ['--entryPoints.dns.address=:53/udp', '--entryPoints.dns.http2.maxConcurrentStreams=-1']
    expect(load({ args: [...args, ...udp] }).problems).toEqual([])
  })

  test('an entry point without an address starts, and it is said', () => {
    const { install, problems } = load({ args: ['--entryPoints.web.http.tls', '--entryPoints.dns.address=/udp'] })
    expect(install).not.toBeNull()
    expect(problems).toMatchObject([
      {
        severity: 'warning',
        message: 'entry point web has no address: it listens on a port that the system chooses',
        hint: 'name one: entryPoints.web.address',
      },
    ])
  })

  test('a hint names what was meant', () => {
    const [problem] = load({ args: ['--entrypoint.web.address=:80'] }).problems
    expect(problem).toMatchObject({ message: 'field not found, node: entrypoint', hint: 'did you mean "entryPoints"?' })
  })

  test('prototype names are ordinary names', () => {
    const loaded = load({ args: ['--entrypoints.__proto__.address=:80', '--entrypoints.constructor.address=:81'] })
    expect(Object.keys(loaded.install?.entryPoints ?? {})).toEqual(['__proto__', 'constructor'])
    expect(messages(load({ args: ['--__proto__.x=1'] }))).toEqual(['field not found, node: __proto__'])
  })
})

import { expect, test } from 'vitest'
import { anonymised } from '../../../src/compiler/install/anonymised.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'

const installOf = (...args: string[]) => {
  const { install, problems } = loadInstall({ args, env: {}, exists: () => false, readFile: () => '' })
  if (install === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  return install
}

test('as Traefik 3.7.15 shows the same options', () => {
  const shown = anonymised(
    installOf(
      '--api.insecure',
      '--entryPoints.web.address=127.0.0.1:18181',
      '--entryPoints.web.http.redirections.entryPoint.to=web2',
      '--entryPoints.web.forwardedHeaders.trustedIPs=10.0.0.1',
      '--entryPoints.web2.address=127.0.0.1:18183',
      '--providers.file.filename=/etc/x/dyn.yml',
      '--providers.redis.password=sesame',
      '--providers.redis.endpoints=redis.example.com:6379',
      '--providers.http.endpoint=http://example.com/x',
      '--providers.docker.defaultRule=Host(`{{ .Name }}.example.com`)',
      '--accesslog.filepath=/var/log/access.log',
      '--accesslog.fields.names.ClientHost=drop',
      '--certificatesResolvers.le.acme.email=me@example.com',
      '--certificatesResolvers.le.acme.storage=acme.json',
      '--log.level=INFO',
    ),
  )
  expect(shown).toMatchObject({
    entryPoints: {
      web: {
        address: 'xxxx',
        transport: {
          lifeCycle: { graceTimeOut: '10s' },
          respondingTimeouts: { readTimeout: '1m0s', idleTimeout: '3m0s' },
        },
        forwardedHeaders: { trustedIPs: ['xxxx'] },
        http: { redirections: { entryPoint: { to: 'web2', scheme: 'https', permanent: true } } },
        http2: { maxConcurrentStreams: 250 },
      },
    },
    providers: {
      providersThrottleDuration: '2s',
      file: { watch: true, filename: '/etc/x/dyn.yml' },
      redis: { rootKey: 'xxxx', endpoints: ['xxxx'], password: 'xxxx' },
      http: { endpoint: 'xxxx', pollInterval: '5s' },
      docker: { defaultRule: `Host(\`{{ .Name }}.${'xxxx'.repeat(8)}\`)`, endpoint: 'xxxx' },
    },
    accessLog: { filePath: 'xxxx', format: 'common', fields: { defaultMode: 'keep' } },
    certificatesResolvers: { le: { acme: { email: 'xxxx', storage: 'acme.json' } } },
    log: { level: 'INFO' },
    api: { insecure: true, dashboard: true },
  })
  expect(Object.keys((shown.entryPoints as { web: object }).web)).not.toContain('udp')
  expect(JSON.stringify(shown)).not.toMatch(/sesame|me@|redis\.example|10\.0\.0\.1|127\.0/)
})

test('what looks like an address in a text that is shown is hidden too', () => {
  const shown = (rule: string) =>
    (anonymised(installOf(`--providers.docker.constraints=${rule}`)).providers as { docker: { constraints: string } })
      .docker.constraints
  const hidden = 'xxxx'.repeat(8)
  expect(shown('Label(`url`, `https://u:p@shop.test/x?y`)')).toBe(`Label(\`url\`, \`${hidden}\`)`)
  expect(shown('Label(`host`, `shop.example.com`)')).toBe(`Label(\`host\`, \`${hidden}\`)`)
  expect(shown('Label(`ip`, `10.1.2.3`)')).toBe(`Label(\`ip\`, \`${hidden}\`)`)
  expect(shown('Label(`mail`, `me@example.com`)')).toBe(`Label(\`mail\`, \`me@${hidden}\`)`)
  expect(shown('Label(`a`, `plain`)')).toBe('Label(`a`, `plain`)')
})

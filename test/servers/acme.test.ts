import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startServer } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { readStorage, routersFor, startAcmeProxy } from './support/acme-proxy.ts'
import { Pebble } from './support/pebble.ts'
import { temporaryFolder } from './support/process.ts'

const acme = '--certificatesResolvers.le.acme'

describe('TLS-ALPN-01', () => {
  let pebble: Pebble
  let tlsPort: number
  beforeAll(async () => {
    tlsPort = await freePort()
    pebble = await Pebble.start({
      tlsPort,
      badNonces: 15,
      alternateRoots: 1,
      profiles: { default: 90 * 24 * 3600, shortlived: 6 * 24 * 3600 },
    })
  })
  afterAll(() => pebble.stop())

  test('a certificate for the hosts of a rule, kept with its account', async () => {
    const routing = routersFor(['a.test', 'b.test`) || Host(`c.test'])
    const flags = [...pebble.flags, `${acme}.tlsChallenge=true`, `${acme}.email=a@x.test`]
    const proxy = await startAcmeProxy(routing, flags, tlsPort)
    try {
      expect((await proxy.issued('a.test')).subjectAltName).toBe('DNS:a.test')
      expect((await proxy.issued('c.test')).subjectAltName).toBe('DNS:b.test, DNS:c.test')
      expect(statSync(proxy.storage).mode & 0o777).toBe(0o600)
      const { le } = readStorage(proxy.storage)
      expect(le?.Account.Email).toBe('a@x.test')
      expect(le?.Account.Registration.uri).toContain('/my-account/')
      const kept = [...(le?.Certificates ?? [])].sort((x, y) => (x.domain.main < y.domain.main ? -1 : 1))
      expect(kept.map(({ domain, Store }) => [domain, Store])).toEqual([
        [{ main: 'a.test' }, 'default'],
        [{ main: 'b.test', sans: ['c.test'] }, 'default'],
      ])
      expect(proxy.logged.filter(({ level }) => level === 'error')).toEqual([])
    } finally {
      await proxy.stop()
    }
  })

  test('the preferred chain, a profile, and what the request has', async () => {
    const name = /CN=(Pebble Root CA [0-9a-f]+)/
    const { X509Certificate } = await import('node:crypto')
    const second = name.exec(new X509Certificate(await pebble.root(1)).subject)?.[1] ?? ''
    const first = name.exec(new X509Certificate(await pebble.root(0)).subject)?.[1] ?? ''
    expect(second).not.toBe(first)
    const proxy = await startAcmeProxy(
      routersFor(['p.test']),
      [
        ...pebble.flags,
        `${acme}.tlsChallenge=true`,
        `${acme}.preferredChain=${second}`,
        `${acme}.profile=shortlived`,
        `${acme}.disableCommonName=true`,
      ],
      tlsPort,
    )
    try {
      const certificate = await proxy.issued('p.test')
      const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / (24 * 3600_000)
      expect(Math.round(days)).toBe(6)
      const chain = Buffer.from(readStorage(proxy.storage).le!.Certificates![0]!.certificate, 'base64').toString()
      const last = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)!.at(-1)!
      expect(new X509Certificate(last).issuer).toContain(second)
    } finally {
      await proxy.stop()
    }
  })

  test('a profile that the authority does not have is said, with those it has', async () => {
    const flags = [...pebble.flags, `${acme}.tlsChallenge=true`, `${acme}.profile=none`]
    const proxy = await startAcmeProxy(routersFor(['q.test']), flags, tlsPort)
    try {
      await until(
        () => proxy.logged.map(({ message }) => message).join('\n'),
        (text) => text.includes('the authority has no profile "none", but '),
        30_000,
      )
    } finally {
      await proxy.stop()
    }
  })

  test('a TCP router, and the default certificate', async () => {
    const routing = `
tcp:
  routers: {r: {rule: "HostSNI(\`t.test\`)", service: s, entryPoints: [websecure], tls: {certResolver: le}}}
  services: {s: {loadBalancer: {servers: [{address: "127.0.0.1:1"}]}}}
tls: {stores: {default: {defaultGeneratedCert: {resolver: le, domain: {main: d.test, sans: [e.test]}}}}}
`
    const proxy = await startAcmeProxy(routing, [...pebble.flags, `${acme}.tlsChallenge=true`], tlsPort)
    try {
      expect((await proxy.issued('nobody.test')).subjectAltName).toBe('DNS:d.test, DNS:e.test')
      await until(
        () => readStorage(proxy.storage).le?.Certificates?.length,
        (count) => count === 2,
      )
    } finally {
      await proxy.stop()
    }
  })
})

describe('HTTP-01', () => {
  test('above redirections, by token and host', async () => {
    const httpPort = await freePort()
    const pebble = await Pebble.start({ httpPort })
    const proxy = await startAcmeProxy(routersFor(['a.test']), [
      ...pebble.flags,
      `${acme}.httpChallenge.entryPoint=plain`,
      `--entryPoints.plain.address=127.0.0.1:${httpPort}`,
      '--entryPoints.plain.http.redirections.entryPoint.to=websecure',
    ])
    try {
      expect((await proxy.issued('a.test')).subjectAltName).toBe('DNS:a.test')
      const ask = (target: string) => fetch(`http://127.0.0.1:${httpPort}${target}`, { redirect: 'manual' })
      expect((await ask('/.well-known/acme-challenge/none')).status).toBe(404)
      expect((await ask('/')).status).toBe(301)
    } finally {
      await proxy.stop()
      await pebble.stop()
    }
  })
})

describe('an account that is bound', () => {
  test('to one at the authority', async () => {
    const tlsPort = await freePort()
    const hmac = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'
    const pebble = await Pebble.start({ tlsPort, accountKeys: { 'kid-1': hmac } })
    const flags = [...pebble.flags, `${acme}.tlsChallenge=true`]
    try {
      const without = await startAcmeProxy(routersFor(['a.test']), flags, tlsPort)
      await until(
        () => without.logged.map(({ message }) => message).join('\n'),
        (text) => text.includes('externalAccountRequired'),
        30_000,
      )
      await without.stop()
      const bound = [...flags, `${acme}.eab.kid=kid-1`, `${acme}.eab.hmacEncoded=${hmac}`]
      const proxy = await startAcmeProxy(routersFor(['a.test']), bound, tlsPort)
      expect((await proxy.issued('a.test')).subjectAltName).toBe('DNS:a.test')
      await proxy.stop()
      const said = JSON.stringify([...without.logged, ...proxy.logged])
      expect(said).not.toContain(hmac)
    } finally {
      await pebble.stop()
    }
  })
})

describe('DNS-01 by a program and by a service', () => {
  let pebble: Pebble
  beforeAll(async () => {
    pebble = await Pebble.start()
  })
  afterAll(() => pebble.stop())

  const checks = () => [
    `${acme}.dnsChallenge.resolvers=127.0.0.1:${pebble.dnsPort}`,
    `${acme}.dnsChallenge.propagation.disableANSChecks=true`,
    `${acme}.dnsChallenge.propagation.requireAllRNS=true`,
  ]
  const withVariables = async (variables: Readonly<Record<string, string>>, task: () => Promise<void>) => {
    Object.assign(process.env, variables)
    try {
      await task()
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name]
    }
  }
  const wildcard = (name: string) => `
http:
  routers:
    r: {rule: "HostRegexp(\`.+\`)", service: s, entryPoints: [websecure], tls: {certResolver: le, domains: [{main: "*.${name}"}]}}
  services: {s: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}}
`

  test('exec', async () => {
    const program = path.join(temporaryFolder(), 'put.sh')
    const log = path.join(temporaryFolder(), 'log')
    writeFileSync(
      program,
      `#!/bin/sh
echo "$*" >>${log}
case $1 in present) what=set-txt ;; *) what=clear-txt ;; esac
exec curl -sS -d "{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}" http://127.0.0.1:${pebble.dnsManagementPort}/$what
`,
      { mode: 0o755 },
    )
    await withVariables({ EXEC_PATH: program }, async () => {
      const flags = [...pebble.flags, ...checks(), `${acme}.dnsChallenge.provider=exec`]
      const proxy = await startAcmeProxy(wildcard('e.test'), flags)
      try {
        expect((await proxy.issued('x.e.test')).subjectAltName).toBe('DNS:*.e.test')
        const { readFileSync } = await import('node:fs')
        expect(readFileSync(log, 'utf8')).toMatch(
          /^present _acme-challenge\.e\.test\. [\w-]{43}\ncleanup _acme-challenge\.e\.test\. [\w-]{43}\n$/,
        )
      } finally {
        await proxy.stop()
      }
    })
  })

  test('httpreq', async () => {
    const asked: [string | undefined, string | undefined, unknown][] = []
    const service = await startServer((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      request.on('end', async () => {
        const message = JSON.parse(text) as { fqdn: string; value: string }
        asked.push([request.url, request.headers.authorization, Object.keys(message)])
        const what = request.url === '/base/present' ? 'set-txt' : 'clear-txt'
        const body = JSON.stringify({ host: message.fqdn, value: message.value })
        await fetch(`http://127.0.0.1:${pebble.dnsManagementPort}/${what}`, { method: 'POST', body })
        response.end()
      })
    })
    const variables = {
      HTTPREQ_ENDPOINT: `${service.url}/base`,
      HTTPREQ_USERNAME: 'u',
      HTTPREQ_PASSWORD_FILE: path.join(temporaryFolder(), 'password'),
    }
    writeFileSync(variables.HTTPREQ_PASSWORD_FILE, 'secret-word\n')
    await withVariables(variables, async () => {
      const flags = [...pebble.flags, ...checks(), `${acme}.dnsChallenge.provider=httpreq`]
      const proxy = await startAcmeProxy(wildcard('h.test'), flags)
      try {
        expect((await proxy.issued('x.h.test')).subjectAltName).toBe('DNS:*.h.test')
        const authorization = `Basic ${Buffer.from('u:secret-word').toString('base64')}`
        expect(asked).toEqual([
          ['/base/present', authorization, ['fqdn', 'value']],
          ['/base/cleanup', authorization, ['fqdn', 'value']],
        ])
        expect(JSON.stringify(proxy.logged)).not.toContain('secret-word')
      } finally {
        await proxy.stop()
        await service.close()
      }
    })
  })

  test('another one is an error that names these two', async () => {
    const proxy = await startAcmeProxy(wildcard('o.test'), [...pebble.flags, `${acme}.dnsChallenge.provider=linode`])
    try {
      await until(
        () => proxy.logged.map(({ message }) => message).join('\n'),
        (text) =>
          /the DNS provider "linode" is not built in; a program \(exec\) or a service of yours \(httpreq\)/.test(text),
        30_000,
      )
    } finally {
      await proxy.stop()
    }
  })
})

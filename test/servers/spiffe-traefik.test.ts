import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { cn, makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { startProxy } from '../support/node-proxy.ts'
import { ScriptedWorkloadApi, TrustDomain } from '../support/workload-api.ts'
import { ServerProcess, temporaryFolder } from './support/process.ts'

const REFERENCE = process.env.SIGNALBOX_REFERENCE ?? ''

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const own = new TrustDomain('own.test')
const other = new TrustDomain('other.test')

/** A server that shows a certificate and says who has asked. */
async function serve({ cert, key }: TestCertificate): Promise<string> {
  const server = createServer({ cert, key, ca: own.authority.cert, requestCert: true }, (request, response) =>
    response.end((request.socket as TLSSocket).getPeerCertificate().subjectaltname),
  )
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => new Promise((resolve) => void server.close(() => resolve())))
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const by = (domain: TrustDomain, ...uris: readonly string[]): TestCertificate => domain.issue('/shop', uris)

test.skipIf(REFERENCE === '')(
  'servers are accepted and refused as by Traefik, which shows the same identity',
  async () => {
    const api = await new ScriptedWorkloadApi().start()
    ends.push(() => api.stop())
    api.give({ id: own.id('/proxy'), svid: own.issue('/proxy'), domain: own, federated: [other] })
    const cases: Readonly<Record<string, readonly [certificate: TestCertificate, spiffe: object]>> = {
      id: [own.issue('/shop'), { ids: [own.id('/shop')] }],
      otherId: [own.issue('/shop'), { ids: [own.id('/other')] }],
      caseOfId: [own.issue('/Shop'), { ids: [own.id('/shop')] }],
      idAndDomain: [own.issue('/shop'), { ids: [own.id('/shop')], trustDomain: 'other.test' }],
      domain: [own.issue('/shop'), { trustDomain: 'own.test' }],
      domainById: [own.issue('/shop'), { trustDomain: 'spiffe://own.test/x' }],
      otherDomain: [own.issue('/shop'), { trustDomain: 'other.test' }],
      federated: [other.issue('/shop'), { trustDomain: 'other.test' }],
      any: [other.issue('/shop'), {}],
      forged: [by(other, own.id('/shop')), {}],
      stranger: [new TrustDomain('own.test').issue('/shop'), {}],
      nobody: [makeCertificate({ subject: cn('a'), ip: [[127, 0, 0, 1]] }, own.authority), {}],
      two: [by(own, own.id('/a'), own.id('/b')), {}],
      withUrn: [by(own, own.id('/a'), 'urn:a'), {}],
      noId: [by(own, 'https://own.test/a'), {}],
      authority: [makeCertificate({ uri: [own.id('/shop')], isAuthority: true }, own.authority), {}],
      bareDomain: [by(own, 'spiffe://own.test'), {}],
      oddPath: [by(own, 'spiffe://own.test/a/../b'), {}],
      userInfo: [by(own, 'spiffe://me@own.test/a'), {}],
    }
    const names = Object.keys(cases)
    const urls = await Promise.all(names.map((name) => serve(cases[name]![0])))
    const routing = JSON.stringify({
      http: {
        routers: Object.fromEntries(names.map((name) => [name, { rule: `Path(\`/${name}\`)`, service: name }])),
        services: Object.fromEntries(
          names.map((name, i) => [name, { loadBalancer: { servers: [{ url: urls[i]! }], serversTransport: name } }]),
        ),
        serversTransports: Object.fromEntries(names.map((name) => [name, { spiffe: cases[name]![1] }])),
      },
    })
    const file = path.join(temporaryFolder(), 'routing.yml')
    writeFileSync(file, routing)
    const theirs = await freePort()
    const workloadApi = `--spiffe.workloadAPIAddr=${api.address}`
    const traefik = new ServerProcess({
      program: REFERENCE,
      args: [
        ...[`--entryPoints.web.address=127.0.0.1:${theirs}`, `--providers.file.filename=${file}`, workloadApi],
        ...['--global.checkNewVersion=false', '--global.sendAnonymousUsage=false'],
      ],
      isReady: async () => (await fetch(`http://127.0.0.1:${theirs}/id`)).status === 200,
    })
    await traefik.start()
    ends.push(() => traefik.stop('SIGKILL'))
    const proxy = await startProxy(routing, [workloadApi])
    ends.push(() => proxy.stop())
    const answers = async (url: string): Promise<object> => {
      const all: Record<string, string> = {}
      for (const name of names) {
        const response = await fetch(`${url}/${name}`)
        all[name] = `${response.status} ${await response.text()}`
      }
      return all
    }
    const ours = await answers(proxy.url)
    expect(ours).toEqual(await answers(`http://127.0.0.1:${theirs}`))
    expect(Object.values(ours).filter((text) => text.startsWith('200'))).toHaveLength(7)
  },
)

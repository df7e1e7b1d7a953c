import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProxy } from '../support/node-proxy.ts'
import { OcspAuthority } from '../support/ocsp-authority.ts'
import { until } from '../support/until.ts'
import { ServerProcess, temporaryFolder } from './support/process.ts'

const REFERENCE = process.env.SIGNALBOX_REFERENCE ?? ''

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** What OpenSSL says of the staple of a server. */
const staple = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'a.test', '-status']
    execFile('openssl', args, { timeout: 10_000 }, (_, stdout) => {
      const lines = stdout.split('\n').map((line) => line.trim())
      resolve(lines.filter((line) => /^(OCSP response: no|OCSP Response Status|Cert Status)/.test(line)).join('; '))
    }).stdin?.end()
  })

test.skipIf(REFERENCE === '').each(['good', 'revoked', 'another responder', 'gone'])(
  'a handshake brings along what Traefik brings along: %s',
  async (kind) => {
    const authority = await new OcspAuthority().start()
    ends.push(() => authority.stop())
    const named: Readonly<Record<string, string>> = { 'another responder': 'elsewhere', gone: 'http://127.0.0.1:1/' }
    const certificate = authority.issue('a.test', { responder: named[kind] ?? authority.url })
    if (kind === 'revoked') authority.revoke(certificate)
    const routing = JSON.stringify({
      http: { routers: { a: { rule: 'Host(`a.test`)', service: 'noop@internal', tls: {} } } },
      tls: { certificates: [authority.pair(certificate)] },
    })
    const file = path.join(temporaryFolder(), 'routing.yml')
    writeFileSync(file, routing)
    const [ours, theirs] = [await freePort(), await freePort()]
    const flags = [`--ocsp.responderOverrides.elsewhere=${authority.url}`]
    const traefik = new ServerProcess({
      program: REFERENCE,
      args: [
        ...[`--entryPoints.websecure.address=127.0.0.1:${theirs}`, `--providers.file.filename=${file}`, ...flags],
        ...['--global.checkNewVersion=false', '--global.sendAnonymousUsage=false'],
      ],
      isReady: async () => (await staple(theirs)) !== '',
    })
    await traefik.start()
    ends.push(() => traefik.stop('SIGKILL'))
    const proxy = await startProxy(routing, [`--entryPoints.websecure.address=127.0.0.1:${ours}`, ...flags])
    ends.push(() => proxy.stop())
    const status = kind === 'another responder' ? 'good' : kind
    const expected =
      kind === 'gone'
        ? 'OCSP response: no response sent'
        : `OCSP Response Status: successful (0x0); Cert Status: ${status}`
    for (const port of [ours, theirs]) {
      await until(
        () => staple(port),
        (text) => text === expected,
      )
    }
    expect(authority.asked).toHaveLength(kind === 'gone' ? 0 : 2)
  },
)

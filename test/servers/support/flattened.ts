// Run in a network namespace of its own, where port 53 is free: which router takes a host whose alias leads elsewhere, of
// ours and, where its program is named, of Traefik.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import path from 'node:path'
import { startAliasServer } from '../../support/alias-server.ts'
import { freePort } from '../../support/free-port.ts'
import { startProxy } from '../../support/node-proxy.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const REFERENCE = process.env.SIGNALBOX_REFERENCE ?? ''

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const names = await startAliasServer(53)
names.aliases = {
  'www.alias.test': 'target.test',
  'chain.alias.test': 'middle.test',
  'middle.test': 'target.test',
  'long.alias.test': 'l1.test',
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((at) => [`l${at}.test`, `l${at + 1}.test`])),
  'star.alias.test': 'any.wild.test',
  'both.alias.test': 'target.test',
  'old.alias.test': 'old-target.test',
}

const folder = temporaryFolder()
const resolvConfig = path.join(folder, 'resolv.conf')
writeFileSync(resolvConfig, 'nameserver 127.0.0.1\n')

const rules: readonly (readonly [name: string, rule: string, syntax?: string])[] = [
  ['target', 'Host(`target.test`)'],
  ['wild', 'Host(`*.wild.test`)'],
  ['fifth', 'HostRegexp(`^l5\\.test$`)'],
  ['exact', 'Host(`plain.test`)'],
  ['both', 'Host(`both.alias.test`) && Host(`target.test`) && PathPrefix(`/`)'],
  ['not', '!Host(`target.test`) && Path(`/not`)'],
  ['old', 'Host(`x.test`, `old-target.test`)', 'v2'],
]

/** A server that says to which path it was asked, and a router for each rule that puts its name before it. */
const backend = createServer((asked, response) => response.end(asked.url))
const backendPort = await freePort()
await new Promise<void>((resolve) => backend.listen(backendPort, '127.0.0.1', resolve))
const routing = `
http:
  routers:
${rules
  .map(
    ([name, rule, syntax = 'v3']) =>
      `    ${name}: {rule: '${rule}', ruleSyntax: ${syntax}, service: s, entryPoints: [web], middlewares: [${name}]}`,
  )
  .join('\n')}
  middlewares:
${rules.map(([name]) => `    ${name}: {addPrefix: {prefix: /${name}}}`).join('\n')}
  services: {s: {loadBalancer: {servers: [{url: "http://127.0.0.1:${backendPort}"}]}}}
`

const flags = ['--hostResolver.cnameFlattening=true', `--hostResolver.resolvConfig=${resolvConfig}`]

const ask = (port: number, host: string, target: string): Promise<string> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: target, headers: { host }, setHost: false }, (response) => {
      let content = ''
      response.on('data', (chunk: Buffer) => {
        content += chunk.toString()
      })
      response.once('end', () => resolve(response.statusCode === 200 ? content : String(response.statusCode)))
    })
      .once('error', reject)
      .end()
  })

const hosts = [
  ...Object.keys(names.aliases),
  ...['target.test', 'TARGET.test:8080', 'target.test.', 'plain.test', 'plain.test.', 'www.alias.test.', 'nobody.test'],
  ...['127.0.0.1', '[::1]'],
]

async function answersOf(port: number): Promise<Record<string, string>> {
  const answers: Record<string, string> = {}
  for (const host of hosts) {
    for (const target of ['/', '/not']) answers[`${host}${target}`] = await ask(port, host, target)
  }
  return answers
}

async function legacy(): Promise<Record<string, string>> {
  const port = await freePort()
  const file = path.join(folder, 'routing.yml')
  writeFileSync(file, routing)
  const traefik = new ServerProcess({
    program: REFERENCE,
    args: [
      `--entryPoints.web.address=127.0.0.1:${port}`,
      `--providers.file.filename=${file}`,
      ...['--global.checkNewVersion=false', '--global.sendAnonymousUsage=false', '--core.defaultRuleSyntax=v3'],
      ...flags,
    ],
    isReady: async () => (await ask(port, 'plain.test', '/')) === '/exact/',
  })
  await traefik.start()
  const answers = await answersOf(port)
  await traefik.stop('SIGKILL')
  return answers
}

const webPort = await freePort()
const proxy = await startProxy(routing, [`--entryPoints.web.address=127.0.0.1:${webPort}`, ...flags])
const own = await answersOf(webPort)
await proxy.stop()
console.log(JSON.stringify({ own, traefiks: REFERENCE === '' ? null : await legacy() }))
process.exit(0)

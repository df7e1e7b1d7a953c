import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { planFile } from '../../adapters/cli/plan-file.ts'

const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-check-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function check(text: string): Promise<string[]> {
  const file = path.join(dir, 'routing.yml')
  writeFileSync(file, text)
  const { problems } = await planFile(file, { target: 'node', install: null })
  return problems.map(
    ({ severity, message, position }) => `${position?.line}:${position?.column} ${severity} ${message}`,
  )
}

test('conflicting TLS options are an error where client certificates get lost', async () => {
  const problems = await check(`http:
  routers:
    a: {rule: "Host(\`x.test\`) && Path(\`/a\`)", service: s, tls: {options: mtls}}
    b: {rule: "Host(\`x.test\`) && Path(\`/b\`)", service: s, tls: {options: plain}}
  services:
    s: {loadBalancer: {servers: [{url: "http://a.test"}]}}
tls:
  options:
    mtls: {clientAuth: {clientAuthType: RequireAnyClientCert}}
    plain: {minVersion: VersionTLS13}
`)
  const conflict =
    "router's TLSOptions configuration is conflicting with other routers on the same entrypoint and host, default TLS options will be used instead"
  expect(problems.sort()).toEqual([
    `3:59 warning ${conflict}`,
    '3:74 error client certificates are not asked for, as the TLS options of this host are in conflict',
    `4:59 warning ${conflict}`,
  ])
})

test('problems stand where they are: in rules, lists and references', async () => {
  expect(
    await check(`http:
  routers:
    web:
      rule: Host(\`a.test\`) && Pth(\`/x\`)
      service: shp
      middlewares: [strip, strp]
  middlewares:
    strip:
      stripPrefix: {prefixes: [/api]}
`),
  ).toEqual([
    '4:31 error error while parsing rule Host(`a.test`) && Pth(`/x`): parsing rule Host(`a.test`) && Pth(`/x`): unsupported function: Pth',
    '5:16 error the service "shp@file" does not exist',
    '6:28 error middleware "strp@file" does not exist',
  ])
})

test('a limit that several routers count for themselves is a warning at the limit', async () => {
  expect(
    await check(`http:
  routers:
    a: {rule: "Path(\`/a\`)", service: noop@internal, middlewares: [limit]}
    b: {rule: "Path(\`/b\`)", service: noop@internal, middlewares: [limit]}
  middlewares:
    limit:
      rateLimit: {average: 100}
`),
  ).toEqual([
    '7:7 warning 2 routers name this limit and each counts for itself: together they let 2 times as much through',
  ])
})

test('middlewares that only providers make are read and taken for nothing, as in Traefik', async () => {
  expect(
    await check(`http:
  routers:
    a: {rule: "Path(\`/a\`)", service: noop@internal, middlewares: [m]}
  middlewares:
    m:
      requestHeaderModifier: {set: {X-A: "1"}}
`),
  ).toEqual([
    '5:5 error invalid middleware "m@file" configuration: invalid middleware type or middleware does not exist',
  ])
})

test('an expression that may be given up is a warning where it stands', async () => {
  const warning =
    /^(\d+:\d+ warning) the expression has so many repetitions that requests with more than about \d+ characters/
  const found = await check(`http:
  routers:
    a: {rule: "Host(\`x.test\`) && PathRegexp(\`^/(a|b|ab){1,1000}c\`)", service: s, middlewares: [m]}
    b: {rule: "PathRegexp(\`^/[a-z]{1,64}$\`)", service: s}
  middlewares:
    m: {stripPrefixRegex: {regex: ["(a|ab){500}"]}}
  services:
    s: {loadBalancer: {servers: [{url: "http://a.test"}]}}
tcp:
  routers:
    t: {rule: "HostSNIRegexp(\`(a|b|ab){1,1000}c\`)", service: s, tls: {}}
  services:
    s: {loadBalancer: {servers: [{address: "127.0.0.1:1"}]}}
`)
  const places = found.map((problem) => warning.exec(problem)?.[1] ?? problem)
  expect(places.sort()).toEqual(['11:31 warning', '3:46 warning', '6:9 warning'])
})

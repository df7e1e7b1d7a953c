// The official conformance suite of the Gateway API, against Signalbox or Traefik: a real API server with real controllers,
// and Pods, all in one network of its own. The last line is `N passed, N failed`: tests by profile, as the report counts them.
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { load } from 'js-yaml'
import { areNamespacesAllowed, MACHINE, openNetwork, runInside } from './kubelet/network.ts'
import { Kubelet } from './kubelet.ts'
import { definitionsOfGateways, GATEWAY_API } from './support/gateway-api.ts'
import { ApiServer } from './support/kubernetes.ts'

const USAGE = `Example: node test/servers/gateway-conformance.mjs --report docs/gateway-api-report.yaml

  --reference FILE  the program of Traefik, in place of Signalbox
  --only TEST       one test, by its short name
  --report FILE     where the suite's report goes
  --log FILE        where all that the suite and the proxy say goes
  --help

Root, or a machine that grants user namespaces, and what .ci/servers installs.`

const { values } = parseArgs({
  options: {
    reference: { type: 'string' },
    only: { type: 'string' },
    report: { type: 'string' },
    log: { type: 'string' },
    inside: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const root = path.join(import.meta.dirname, '../..')

/** What Traefik 3.7.15 passes beyond the core of each kind; others that it names it fails. */
const TRAEFIK_FEATURES = [
  ...['GatewayPort8080', 'HTTPRouteQueryParamMatching', 'HTTPRouteMethodMatching', 'HTTPRoutePathRedirect'],
  ...['HTTPRoutePortRedirect', 'HTTPRouteSchemeRedirect', 'HTTPRoute303RedirectStatusCode'],
  ...['HTTPRoute307RedirectStatusCode', 'HTTPRoute308RedirectStatusCode', 'HTTPRouteHostRewrite'],
  ...['HTTPRoutePathRewrite', 'HTTPRouteResponseHeaderModification', 'HTTPRouteBackendProtocolH2C'],
  ...['HTTPRouteBackendProtocolWebSocket', 'HTTPRouteDestinationPortMatching'],
  ...['HTTPRouteBackendRequestHeaderModification', 'HTTPRouteNamedRouteRule', 'HTTPRouteParentRefPort'],
  ...['GRPCRouteNamedRouteRule', 'TLSRouteModeTerminate', 'TLSRouteModeMixed'],
]
const OUR_FEATURES = [
  ...['HTTPRouteRequestTimeout', 'HTTPRouteBackendTimeout', 'HTTPRouteCORS', 'BackendTLSPolicySANValidation'],
  ...['HTTPRouteRequestMirror', 'HTTPRouteRequestMultipleMirrors', 'HTTPRouteRequestPercentageMirror'],
]
const CORE = ['Gateway', 'HTTPRoute', 'GRPCRoute', 'TLSRoute', 'ReferenceGrant', 'BackendTLSPolicy']
const PROFILES = ['GATEWAY-HTTP', 'GATEWAY-GRPC', 'GATEWAY-TLS']
const CLASS = 'conformance'
/** Lines of a failed test that are shown. */
const TAIL = 40

if (values.help) console.log(USAGE)
// Everything that it has started ends with it.
else if (values.inside) process.exit(await runSuite())
else if (!existsSync(path.join(GATEWAY_API, 'whole'))) skip(`${GATEWAY_API} is not there: .ci/servers builds it`)
else if (!areNamespacesAllowed()) skip('network namespaces are refused')
else process.exitCode = (await runInside(import.meta.filename, [...process.argv.slice(2), '--inside'], true)).code ?? 1

/** @param {string} why */
function skip(why) {
  console.log(`NOT TESTED: the conformance suite of the Gateway API: ${why}`)
  console.log('0 passed, 0 failed')
}

async function runSuite() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-conformance-'))
  const report = path.resolve(values.report ?? path.join(folder, 'report.yaml'))
  const logFile = values.log ?? path.join(folder, 'log')
  const log = createWriteStream(logFile)
  await openNetwork()
  const api = await ApiServer.create({ host: MACHINE })
  await api.start()
  await api.install(definitionsOfGateways())
  await api.apply({
    ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name: CLASS } },
    spec: { controllerName: 'traefik.io/gateway-controller' },
  })
  await api.startControllers()
  // Of the second one no test of these profiles wants an answer.
  const images = new Map([
    ['echo-basic', [path.join(GATEWAY_API, 'echo-basic')]],
    ['coredns', ['/bin/sh', '-c', 'exec sleep infinity']],
  ])
  const kubelet = await Kubelet.start(api, images)
  const proxy = startProxy(api, log)
  try {
    const code = await Promise.race([runTests(api, report, log), proxy, kubelet.broken])
    const failed = summarize(report)
    if (failed > 0 || code !== 0) console.error(`all that was said: ${logFile}`)
    return failed === 0 && code === 0 ? 0 : 1
  } finally {
    await new Promise((resolve) => log.end(resolve))
  }
}

/**
 * @param {ApiServer} api
 * @param {import('node:fs').WriteStream} log
 * @returns {Promise<never>} rejects when it ends
 */
function startProxy(api, log) {
  const [program, ...args] =
    values.reference === undefined ? [process.execPath, path.join(root, 'dist/cli.js')] : [values.reference]
  const ports = { web: 80, websecure: 443, web8080: 8080, web8090: 8090, tls8443: 8443, tls8883: 8883 }
  const flags = [
    ...Object.entries(ports).map(([name, port]) => `--entryPoints.${name}.address=:${port}`),
    ...api.flags('kubernetesGateway'),
    ...['--providers.kubernetesGateway.experimentalChannel=true', '--log.level=DEBUG'],
    ...[`--providers.kubernetesGateway.statusAddress.ip=${MACHINE}`, '--global.checkNewVersion=false'],
    ...['--entryPoints.traefik.address=:9000', '--api.insecure=true'],
  ]
  const child = spawn(program, [...args, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => log.write(`proxy: ${line}\n`))
  }
  return new Promise((_, reject) => {
    child.once('close', (code) => reject(new Error(`the proxy has ended with ${code}`)))
  })
}

/**
 * @param {ApiServer} api
 * @param {string} report
 * @param {import('node:fs').WriteStream} log
 */
async function runTests(api, report, log) {
  const features = [...CORE, ...TRAEFIK_FEATURES, ...(values.reference === undefined ? OUR_FEATURES : [])]
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const about =
    values.reference === undefined
      ? { organization: 'signalbox', project: 'signalbox', url: 'https://example.com/signalbox', version }
      : { organization: 'traefik', project: 'traefik', url: 'https://traefik.io/', version: 'v3.7.15' }
  const args = [
    ...['-test.v', '-test.run=TestConformance', '-test.timeout=30m', `-gateway-class=${CLASS}`, '-debug=false'],
    ...['-cleanup-base-resources=false', '-allow-crds-mismatch', `-supported-features=${features}`],
    ...[`-conformance-profiles=${PROFILES}`, `-report-output=${report}`, '-contact=the issues of the project'],
    ...Object.entries(about).map(([name, value]) => `-${name}=${value}`),
    ...(values.only === undefined ? [] : [`-run-test=${values.only}`]),
  ]
  const child = spawn(path.join(GATEWAY_API, 'conformance'), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KUBECONFIG: api.writeKubeconfig() },
  })
  const said = new Map()
  let test = ''
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      log.write(`${line}\n`)
      test = /^=== (?:RUN|NAME|CONT) +TestConformance\/([^/]+)/.exec(line)?.[1] ?? test
      said.set(test, [...(said.get(test) ?? []), line].slice(-TAIL))
      tell(line, said)
    })
  }
  return await new Promise((resolve) => child.once('close', resolve))
}

/**
 * One line a test, once all have ended, and of those that fail the end of what was said.
 * @param {string} line
 * @param {ReadonlyMap<string, readonly string[]>} said
 */
function tell(line, said) {
  const ended = /^ {4}--- (PASS|FAIL): TestConformance\/(\S+) \((.+)\)$/.exec(line)
  if (ended === null) return
  const [, result, name, time] = ended
  console.log(`${result} ${name} ${time}`)
  if (result === 'FAIL') console.log(said.get(name)?.join('\n'))
}

/**
 * Prints what the report says of each profile.
 * @param {string} file
 * @returns {number} tests that have failed
 */
function summarize(file) {
  if (!existsSync(file)) {
    console.log('0 passed, 1 failed')
    return 1
  }
  let [passed, failed] = [0, 0]
  for (const { name, ...parts } of load(readFileSync(file, 'utf8')).profiles) {
    for (const part of ['core', 'extended']) {
      const { statistics, failedTests = [] } = parts[part] ?? { statistics: { Passed: 0, Failed: 0, Skipped: 0 } }
      console.log(`${name} ${part}: ${statistics.Passed} passed, ${statistics.Failed} failed ${failedTests.join()}`)
      passed += statistics.Passed
      failed += statistics.Failed
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed
}

import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname

/** Tests of the core that import nothing of Node, themselves or through their support: they run inside workerd too. */
const neutral = globSync('test/{engine,http,middlewares,runtime/routing,services}/**/*.test.ts', {
  cwd: root,
})
  .filter((file) => isNeutral(path.join(root, file)))
  .sort()

function isNeutral(file: string): boolean {
  for (const [, from] of readFileSync(file, 'utf8').matchAll(/(?:from|import) '([^']+)'/g)) {
    if (from!.startsWith('node:') || from!.includes('adapters/') || from === 'fast-check') return false
    const isOurTest = from!.startsWith('.') && !from!.includes('/src/')
    if (isOurTest && !isNeutral(path.resolve(path.dirname(file), from!))) return false
  }
  return true
}

/** The facts about Traefik that stand beside a maintainer's checkout; without them the tests that read them are left out. */
const facts = path.join(root, '../shared/conformance')
const factual = existsSync(facts)
  ? []
  : globSync('test/**/*.test.ts', { cwd: root }).filter((file) =>
      readFileSync(path.join(root, file), 'utf8').includes('shared/conformance'),
    )
if (factual.length > 0) console.warn(`left out, as ../shared/conformance is not there:\n  ${factual.join('\n  ')}`)

/** Tests that start engines of Docker: what a swarm needs there is but once on a machine. */
const isWithEngine = (file: string): boolean =>
  readFileSync(path.join(root, file), 'utf8').includes('support/dockerd.ts')
const servers = globSync('test/servers/*.test.ts', { cwd: root })

/** Real sockets and processes on a shared machine: what fails there is tried again, never on one's own. */
const retry = process.env.CI === undefined ? 0 : 2

/** What counts over the options of the providers, should a developer's shell have it. */
const env = {
  ...{ DOCKER_HOST: '', DOCKER_API_VERSION: '', DOCKER_CERT_PATH: '', DOCKER_TLS_VERIFY: '' },
  ...{ KUBECONFIG: '', KUBERNETES_SERVICE_HOST: '' },
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/dashboard/**',
            'test/edge/**',
            'test/kill/**',
            'test/peers/**',
            'test/servers/**',
            'test/workers/**',
            'node_modules/**',
            ...factual,
          ],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          env,
          retry,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './adapters/cloudflare/worker.ts',
            miniflare: {
              compatibilityDate: '2026-10-01',
              kvNamespaces: ['SIGNALBOX_KV'],
              durableObjects: { SIGNALBOX_STATE: { className: 'SignalboxState', useSQLite: true } },
            },
          }),
        ],
        test: { name: 'workers', isolate: false, include: ['test/workers/**/*.test.ts', ...neutral], retry },
      },
      // Each of these starts workerd.
      { test: { name: 'edge', include: ['test/edge/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000, retry } },
      // The whole matrix of what may happen to KV, an outage of a minute included.
      { test: { name: 'kill', include: ['test/kill/**/*.test.ts'] } },
      // The dashboard in Chromium, which `.ci/dashboard` installs; both of what is built.
      {
        test: {
          name: 'dashboard',
          include: ['test/dashboard/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          env,
          retry,
        },
      },
      // Clients and servers of others, which `.ci/peers` installs.
      {
        test: {
          name: 'peers',
          include: ['test/peers/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          retry,
        },
      },
      // Servers that providers read, which `.ci/servers` installs; it runs both at the same time, each one file after the other.
      ...[
        { name: 'engines', include: servers.filter(isWithEngine) },
        { name: 'servers', include: servers.filter((file) => !isWithEngine(file)) },
      ].map((files) => ({
        test: { ...files, fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000, env, retry },
      })),
    ],
  },
})

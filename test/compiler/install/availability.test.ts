import { describe, expect, test } from 'vitest'
import { builtProviders } from '../../../adapters/node/providers/registry.ts'
import { decode } from '../../../src/compiler/decode/decode.ts'
import { checkInstallAvailability } from '../../../src/compiler/install/availability.ts'
import { installDefaults } from '../../../src/compiler/install/defaults.ts'
import { traefikInstallSchema } from '../../../src/compiler/install/install.ts'

const check = (tree: unknown, built = builtProviders) => {
  const { value } = decode(traefikInstallSchema, tree, 'file')
  if (value === null) throw new Error('not understood')
  return checkInstallAvailability(installDefaults(value), built).map(({ severity, message, path }) => [
    severity,
    message,
    path.join('.'),
  ])
}

test('what is built needs no word', () => {
  expect(
    check({
      entryPoints: {
        web: {
          address: ':80',
          asDefault: true,
          reusePort: true,
          forwardedHeaders: { trustedIPs: ['10.0.0.0/8'] },
          proxyProtocol: { trustedIPs: ['10.0.0.0/8'] },
          transport: { lifeCycle: { graceTimeOut: 1 } },
          http: {
            middlewares: ['a@file'],
            redirections: { entryPoint: { to: ':443' } },
            encodedCharacters: { allowEncodedSlash: false },
          },
          observability: { tracing: false },
        },
        dns: { address: ':53/udp', udp: { timeout: 5 } },
      },
      providers: { file: { filename: 'a' }, precedence: ['file'] },
      serversTransport: { rootCAs: ['a'] },
      log: { otlp: {} },
      accessLog: { otlp: {} },
      tracing: {},
      metrics: { otlp: {} },
      experimental: { otlpLogs: true },
      ping: {},
      api: {},
      global: { checkNewVersion: false },
      core: { defaultRuleSyntax: 'v2' },
      hostResolver: { cnameFlattening: true },
    }),
  ).toEqual([])
})

describe('what is not', () => {
  test('HTTP/3', () => {
    expect(check({ entryPoints: { a: { address: ':1', http3: {} } } })).toEqual([
      ['warning', 'HTTP/3 is not available yet', 'entryPoints.a.http3'],
    ])
  })

  test('a provider that is not built', () => {
    expect(check({ providers: { nomad: {} } }, [])).toEqual([
      ['error', 'the provider "nomad" is not available yet', 'providers.nomad'],
    ])
  })

  test('a warning comes once', () => {
    expect(check({ entryPoints: { a: { address: ':1', http3: {} }, b: { address: ':2', http3: {} } } })).toHaveLength(1)
  })
})

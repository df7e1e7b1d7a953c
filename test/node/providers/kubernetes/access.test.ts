import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessSource, readAccess } from '../../../../adapters/node/providers/kubernetes/access.ts'
import type { ClusterAccess } from '../../../../adapters/node/providers/kubernetes/cluster-access.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-access-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const { signal } = new AbortController()
const write = (name: string, content: string, mode = 0o600): string => {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content, { mode })
  chmodSync(file, mode)
  return file
}
const authorizationOf = ({ credentials }: ClusterAccess) => credentials.authorization(signal)
const environment = (env: Readonly<Record<string, string>>) => ({ env, serviceAccount: path.join(folder, 'account') })

function accessOf(options: Parameters<typeof accessSource>[0], env: Readonly<Record<string, string>>): ClusterAccess {
  return readAccess(accessSource(options, environment(env)), environment(env))
}

/** A kubeconfig of one context. */
const kubeconfig = (user: object, cluster: object = { server: 'https://k.test:6443' }): string =>
  JSON.stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  })

const fromKubeconfig = (content: string): ClusterAccess => accessOf({}, { KUBECONFIG: write('config', content) })

describe('inside a cluster', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443', KUBECONFIG: '/not/read' }

  test('what every Pod has; a token that was replaced is read again', async () => {
    write('account/token', 'first\n')
    const access = accessOf({}, env)
    expect(access).toMatchObject({
      endpoint: 'https://10.96.0.1:443',
      tls: { ca: path.join(folder, 'account/ca.crt') },
    })
    expect(await authorizationOf(access)).toBe('Bearer first')
    write('account/token', 'second')
    expect(await authorizationOf(access)).toBe('Bearer first')
    access.credentials.renew()
    expect(await authorizationOf(access)).toBe('Bearer second')
  })

  test('an address of IPv6, and the option that counts over it', () => {
    expect(accessOf({}, { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }).endpoint).toBe('https://[fd00::1]:443')
    expect(accessOf({ endpoint: 'https://other.test' }, env).endpoint).toBe('https://other.test')
  })

  test('a token that is not there, or none, is an error that shows nothing of it', async () => {
    write('account/token', '')
    await expect(authorizationOf(accessOf({}, env))).rejects.toThrow(/token is empty/)
    write('account/token', 'two words')
    await expect(authorizationOf(accessOf({}, env))).rejects.toThrow(/^((?!two).)*holds no token$/)
    rmSync(path.join(folder, 'account/token'))
    await expect(authorizationOf(accessOf({}, env))).rejects.toThrow(/can't be read: ENOENT/)
  })
})

describe('options', () => {
  test('endpoint, token and authority', async () => {
    const ca = write('ca.pem', '-----BEGIN CERTIFICATE-----')
    const access = accessOf({ endpoint: 'https://k.test', token: 'tok', certAuthFilePath: ca }, {})
    expect(access).toMatchObject({ endpoint: 'https://k.test', tls: { ca } })
    expect(await authorizationOf(access)).toBe('Bearer tok')
  })

  test('a token in a file, and none at all', async () => {
    const token = write('token', 'from-file\n')
    expect(await authorizationOf(accessOf({ endpoint: 'https://k.test', token }, {}))).toBe('Bearer from-file')
    expect(await authorizationOf(accessOf({ endpoint: 'k.test:80' }, {}))).toBeNull()
    expect(accessOf({ endpoint: 'k.test:80' }, {}).endpoint).toBe('http://k.test:80')
    const certAuthFilePath = write('ca.pem', '-----BEGIN CERTIFICATE-----')
    expect(accessOf({ endpoint: 'k.test:443', certAuthFilePath }, {}).endpoint).toBe('https://k.test:443')
  })

  test("no endpoint, and an authority that is not there, in Traefik's words", () => {
    expect(() => accessOf({}, {})).toThrow('endpoint missing for external cluster client')
    expect(() => accessOf({ endpoint: 'https://k.test', certAuthFilePath: '/not/there' }, {})).toThrow(
      'failed to read CA file /not/there: ENOENT',
    )
  })
})

describe('a kubeconfig', () => {
  test('credentials as files beside it, and as they are', async () => {
    const inline = fromKubeconfig(
      kubeconfig(
        { 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') },
        { server: 'https://k.test', 'certificate-authority-data': btoa('CA'), 'tls-server-name': 'other.test' },
      ),
    )
    expect({ ...inline.tls }).toEqual({
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      insecureSkipVerify: false,
      serverName: 'other.test',
    })
    expect(await authorizationOf(inline)).toBeNull()
    const files = fromKubeconfig(
      kubeconfig(
        { 'client-certificate': 'c.pem', 'client-key': '/keys/k.pem' },
        {
          server: 'https://k.test',
          'certificate-authority': 'ca.pem',
          'insecure-skip-tls-verify': true,
          'proxy-url': 'http://proxy.test:3128',
        },
      ),
    )
    expect(files.tls).toMatchObject({
      ca: path.join(folder, 'ca.pem'),
      cert: path.join(folder, 'c.pem'),
      key: '/keys/k.pem',
      insecureSkipVerify: true,
    })
    expect(files.proxyUrl).toBe('http://proxy.test:3128')
  })

  test('tokens, a file of one, a user with a password, somebody else', async () => {
    expect(await authorizationOf(fromKubeconfig(kubeconfig({ token: 't' })))).toBe('Bearer t')
    write('own-token', 'from-file')
    const both = fromKubeconfig(kubeconfig({ token: 't', tokenFile: 'own-token' }))
    expect(await authorizationOf(both)).toBe('Bearer from-file')
    const basic = fromKubeconfig(kubeconfig({ username: 'u', password: 'p' }))
    expect(await authorizationOf(basic)).toBe(`Basic ${btoa('u:p')}`)
    expect(fromKubeconfig(kubeconfig({ token: 't', as: 'jane' })).headers).toEqual({ 'impersonate-user': 'jane' })
  })

  test('several files are one; the first to name something counts, and one may be missing', async () => {
    const first = write('first', 'current-context: here\nusers: [{name: u, user: {token: mine}}]\n')
    const second = write('second', kubeconfig({ token: 'other' }))
    const files = [first, '/not/there', second].join(path.delimiter)
    expect(await authorizationOf(accessOf({}, { KUBECONFIG: files }))).toBe('Bearer mine')
  })

  test.each([
    ['no such file', null, /can't be read: ENOENT/],
    ['no YAML', 'a: [', /can't be read: yaml/],
    ['no context', '{}', /no current-context is set/],
    ['another context', 'current-context: there', /context "there" does not exist/],
    ['no cluster', '{current-context: a, contexts: [{name: a, context: {cluster: b}}]}', /cluster "b" does not exist/],
    ['no server', kubeconfig({}, {}), /cluster "c" names no server/],
    ['a provider of long ago', kubeconfig({ 'auth-provider': { name: 'gcp' } }), /auth-provider is no longer/],
    ['no command', kubeconfig({ exec: {} }), /user "u": exec names no command/],
  ])('%s is an error that names it', (_, content, message) => {
    if (content === null) rmSync(path.join(folder, 'config'), { force: true })
    const env = { KUBECONFIG: content === null ? path.join(folder, 'config') : write('config', content) }
    expect(() => accessOf({}, env)).toThrow(message)
  })
})

describe('a plug-in', () => {
  const API = 'client.authentication.k8s.io/v1'
  const script = (body: string): string => write('plugin', `#!/bin/sh\n${body}\n`, 0o700)
  const withPlugin = (more: object = {}): ClusterAccess =>
    fromKubeconfig(kubeconfig({ exec: { apiVersion: API, command: './plugin', ...more } }))
  const says = (status: object): string =>
    `echo '${JSON.stringify({ apiVersion: API, kind: 'ExecCredential', status })}'`

  test('gives a token and a certificate, is told what it wants to know, and is asked again when they end', async () => {
    const runs = path.join(folder, 'runs')
    rmSync(runs, { force: true })
    script(
      `echo "$1 $EXTRA $KUBERNETES_EXEC_INFO" >> ${runs}\n${says({
        token: 'given',
        clientCertificateData: 'CERT',
        clientKeyData: 'KEY',
        expirationTimestamp: '2100-01-01T00:00:00Z',
      })}`,
    )
    const access = withPlugin({ args: ['one'], env: [{ name: 'EXTRA', value: 'two' }], provideClusterInfo: true })
    const both = await Promise.all([authorizationOf(access), authorizationOf(access)])
    expect(both).toEqual(['Bearer given', 'Bearer given'])
    expect(access.tls).toMatchObject({ cert: 'CERT', key: 'KEY' })
    const told = readFileSync(runs, 'utf8').trim()
    expect(told).toMatch(/^one two \{/)
    expect(JSON.parse(told.slice('one two '.length))).toEqual({
      kind: 'ExecCredential',
      apiVersion: API,
      spec: { interactive: false, cluster: { server: 'https://k.test:6443' } },
    })
    access.credentials.renew()
    await authorizationOf(access)
    expect(readFileSync(runs, 'utf8').trim().split('\n')).toHaveLength(2)
  })

  test('what is about to end is asked for anew', async () => {
    const runs = path.join(folder, 'runs')
    rmSync(runs, { force: true })
    script(`echo x >> ${runs}\n${says({ token: 'short', expirationTimestamp: new Date().toISOString() })}`)
    const access = withPlugin()
    await authorizationOf(access)
    await authorizationOf(access)
    expect(readFileSync(runs, 'utf8')).toBe('x\nx\n')
  })

  test.each([
    ['ends with an error', 'echo secret-thing; exit 3', /ends with 3$/],
    ['says something else', 'echo secret-thing', /gives no JSON$/],
    ['says another version', `echo '{"kind":"ExecCredential","apiVersion":"x"}'`, /gives no ExecCredential of/],
    ['gives nothing', says({}), /gives neither a token nor a certificate/],
  ])('that %s is an error that shows nothing of it', async (_, body, message) => {
    script(body)
    const error = await authorizationOf(withPlugin()).catch((reason: Error) => reason)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).not.toContain('secret-thing')
  })

  test('that is not there comes with the hint of the kubeconfig', async () => {
    const access = withPlugin({ command: './absent', installHint: 'install it' })
    await expect(authorizationOf(access)).rejects.toThrow(/absent is not there: install it$/)
  })
})

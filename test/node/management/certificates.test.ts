import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { InForceCertificates } from '../../../adapters/node/management/certificates.ts'
import { CertificateStore } from '../../../adapters/node/tls/certificate-store.ts'
import type { CertificatePlan } from '../../../src/plan/tls.ts'
import { apiOptions } from '../../support/api.ts'
import { cn, makeCertificate } from '../../support/certificates.ts'
import { fetchApi } from '../../support/fetch-api.ts'
import { one, serviceBench } from '../../support/services.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-certificates-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { snapshot } = serviceBench({ app: one('a') })
const pairOf = ({ cert, key }: { cert: string; key: string }): CertificatePlan => ({ certFile: cert, keyFile: key })

function rig(certificates: readonly CertificatePlan[], otherwise: CertificatePlan | null = null) {
  const store = new CertificateStore({ log() {} })
  store.replace(certificates, otherwise)
  const api = fetchApi(() => snapshot, {
    ...apiOptions,
    certificates: new InForceCertificates(() => store.certificates),
    turn: () => Promise.resolve(),
  })
  const ask = async (rest: string) => {
    const response = await api(new Request(`http://api.example/api/${rest}`))
    return { status: response.status, next: response.headers.get('x-next-page'), value: await response.json() }
  }
  return {
    ask,
    names: async (query = '') =>
      ((await ask(`certificates${query}`)).value as { commonName: string }[]).map(({ commonName }) => commonName),
  }
}

/** By OpenSSL, for a number of days from now. */
function made(name: string, key: readonly string[], days: number, subject: string): CertificatePlan {
  const [certFile, keyFile] = [path.join(folder, `${name}.crt`), path.join(folder, `${name}.key`)]
  execFileSync('openssl', [
    'req', '-x509', '-utf8', '-nodes', '-newkey', ...key, '-days', String(days), '-subj', subject,
    '-addext', `subjectAltName=DNS:${name}.test,DNS:a.${name}.test,IP:10.0.0.1,email:me@${name}.test`,
    '-keyout', keyFile, '-out', certFile,
  ], { stdio: 'pipe' }) // biome-ignore format: a command line
  return { certFile, keyFile }
}

describe('certificates', () => {
  test('each with what Traefik shows of it', async () => {
    const rsa = made('rsa', ['rsa:2048'], 365, '/C=DE/O=Ünïcode/O=Second/CN=rsa.test')
    const { ask } = rig([rsa])
    const { value } = await ask('certificates')
    const [shown] = value as Record<string, unknown>[]
    const field = (option: string) =>
      execFileSync('openssl', ['x509', '-in', rsa.certFile, '-noout', option, '-sha256'], { encoding: 'utf8' })
        .replace(/^[^=]*=/, '')
        .trim()
    const fingerprint = field('-fingerprint').replaceAll(':', '').toLowerCase()
    expect(shown).toEqual({
      name: fingerprint,
      sans: ['10.0.0.1', 'a.rsa.test', 'rsa.test'],
      notAfter: new Date(field('-enddate')).toISOString().replace('.000', ''),
      notBefore: new Date(field('-startdate')).toISOString().replace('.000', ''),
      serialNumber: String(BigInt(`0x${field('-serial')}`)),
      commonName: 'rsa.test',
      issuerOrg: 'Ünïcode',
      issuerCN: 'rsa.test',
      issuerCountry: 'DE',
      organization: 'Ünïcode',
      country: 'DE',
      version: 'v3',
      keyType: 'RSA',
      keySize: 2048,
      signatureAlgorithm: 'SHA256-RSA',
      certFingerprint: fingerprint,
      publicKeyFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: 'enabled',
    })
    expect(await ask(`certificates/${fingerprint}`)).toMatchObject({ status: 200, value: { name: fingerprint } })
    expect(JSON.stringify(value)).not.toContain(readFileSync(rsa.keyFile, 'utf8').slice(40, 80))
  })

  test.each([
    ['ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'], 'ECDSA', 384, 'ECDSA-SHA256'],
    ['ed', ['ed25519'], 'Unknown', undefined, 'Ed25519'],
    ['pss', ['rsa:2048', '-sigopt', 'rsa_padding_mode:pss', '-sha384'], 'RSA', 2048, 'SHA384-RSAPSS'],
    ['sha512', ['rsa:2048', '-sha512'], 'RSA', 2048, 'SHA512-RSA'],
  ])('%s', async (name, key, keyType, keySize, signatureAlgorithm) => {
    const { ask } = rig([made(name, key, 365, '/')])
    const [shown] = (await ask('certificates')).value as Record<string, unknown>[]
    expect(shown).toMatchObject({ keyType, signatureAlgorithm, commonName: '' })
    expect(shown!.keySize).toBe(keySize)
    expect(Object.keys(shown!)).not.toContain('issuerOrg')
  })

  test('searched, sorted, paged, counted', async () => {
    const old = made('old', ['rsa:2048'], 20, '/O=Zeta/CN=old.test')
    const { ask, names } = rig([
      old,
      pairOf(makeCertificate({ subject: cn('b.test'), dns: ['b.test'] })),
      pairOf(makeCertificate({ subject: [['2.5.4.10', 'Acme'], ...cn('a.test')], dns: ['www.example'] })),
    ])
    expect(await names()).toEqual(['a.test', 'b.test', 'old.test'])
    expect(await names('?search=WWW')).toEqual(['a.test'])
    expect(await names('?search=acme')).toEqual(['a.test'])
    expect(await names('?sortBy=issuer&direction=desc')).toEqual(['b.test', 'old.test', 'a.test'])
    expect((await names('?sortBy=validUntil'))[0]).toBe('old.test')
    expect(await names('?per_page=2&page=2')).toEqual(['old.test'])
    expect((await ask('certificates?per_page=2')).next).toBe('2')
    expect(await ask('certificates?page=9')).toMatchObject({ status: 400 })
    const { value } = await ask('overview')
    expect(value).toMatchObject({ certificates: { total: 3 } })
  })

  test('those that end soon are warnings, those that have ended errors', async () => {
    const soon = pairOf(makeCertificate({ subject: cn('x.test'), dns: ['x.test'] }))
    const store = new CertificateStore({ log() {} })
    store.replace([soon], null)
    const at = async (now: string) => {
      const certificates = new InForceCertificates(() => store.certificates)
      const api = fetchApi(() => snapshot, { ...apiOptions, certificates, date: () => new Date(now) })
      const [list, overview] = await Promise.all(
        ['certificates', 'overview'].map(async (rest) => (await api(new Request(`http://api/api/${rest}`))).json()),
      )
      return [(list as { status: string }[])[0]!.status, (overview as { certificates: object }).certificates]
    }
    expect(await at('2039-12-01T00:00:00Z')).toEqual(['enabled', { total: 1, warnings: 0, errors: 0 }])
    expect(await at('2039-12-03T00:00:00Z')).toEqual(['warning', { total: 1, warnings: 1, errors: 0 }])
    expect(await at('2040-01-02T00:00:00Z')).toEqual(['expired', { total: 1, warnings: 0, errors: 1 }])
  })

  test('the default one is among them, those that no name leads to are not', async () => {
    const first = makeCertificate({ subject: cn('same.test'), dns: ['same.test'] })
    const second = makeCertificate({ subject: cn('same.test'), dns: ['same.test'] })
    const otherwise = makeCertificate({ subject: cn('default.test') })
    const { names } = rig([pairOf(first), pairOf(second)], pairOf(otherwise))
    expect(await names()).toEqual(['default.test', 'same.test'])
    expect(await rig([pairOf(first)], pairOf(first)).names()).toEqual(['same.test'])
  })

  test('none', async () => {
    const { ask } = rig([])
    expect(await ask('certificates')).toEqual({ status: 200, next: '1', value: [] })
    expect(await ask('certificates/0a')).toMatchObject({
      status: 404,
      value: { message: 'certificate not found: 0a' },
    })
  })
})

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { FileStorage } from '../../../adapters/node/acme/storage/file-storage.ts'
import { FolderStorage } from '../../../adapters/node/acme/storage/folder-storage.ts'
import { LockFiles } from '../../../adapters/node/acme/storage/lock-files.ts'
import type { CertificateStorage } from '../../../adapters/node/acme/storage/storage.ts'
import type { StoredCertificate } from '../../../adapters/node/acme/storage/stored-data.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import { until } from '../../support/until.ts'

const log = { log: () => undefined }
const open: CertificateStorage[] = []
afterEach(async () => {
  for (const storage of open.splice(0)) await storage.close()
})

const folder = () => mkdtempSync(path.join(os.tmpdir(), 'signalbox-acme-'))
const storageAt = (file: string): FileStorage => {
  const storage = new FileStorage(file, runtimeClock, log)
  open.push(storage)
  return storage
}

const certificate = (main: string, ...sans: string[]): StoredCertificate => ({
  domain: { main, sans },
  certificate: `-----BEGIN CERTIFICATE-----\n${main}\n-----END CERTIFICATE-----\n`,
  key: 'key',
  store: 'default',
})

const add = (storage: CertificateStorage, resolver: string, one: StoredCertificate) =>
  storage.update(resolver, (data) => ({ ...data, certificates: [...data.certificates, one] }))

describe('acme.json', () => {
  test('as Traefik writes it', async () => {
    const file = path.join(folder(), 'acme.json')
    const storage = storageAt(file)
    await storage.update('test', (data) => ({
      ...data,
      account: { email: 'some@email.com', registration: null, privateKey: null },
    }))
    // TestLocalStore_SaveAccount.
    expect(readFileSync(file, 'utf8')).toBe(`{
  "test": {
    "Account": {
      "Email": "some@email.com",
      "Registration": null,
      "PrivateKey": null
    },
    "Certificates": null
  }
}`)
    await storage.update('test', ({ certificates }) => ({
      account: {
        email: '',
        registration: { body: { status: 'valid' }, uri: 'https://ca.test/1' },
        privateKey: Buffer.from('k'),
      },
      certificates: [...certificates, certificate('a.test', 'b.test'), certificate('c.test')],
    }))
    await storage.update('another', (data) => ({ ...data }))
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const written = {
      another: { Account: null, Certificates: null },
      test: {
        Account: {
          Email: '',
          Registration: { body: { status: 'valid' }, uri: 'https://ca.test/1' },
          PrivateKey: 'aw==',
        },
        Certificates: [
          {
            domain: { main: 'a.test', sans: ['b.test'] },
            certificate: base64(certificate('a.test').certificate),
            key: 'a2V5',
            Store: 'default',
          },
          {
            domain: { main: 'c.test' },
            certificate: base64(certificate('c.test').certificate),
            key: 'a2V5',
            Store: 'default',
          },
        ],
      },
    }
    expect(readFileSync(file, 'utf8')).toBe(JSON.stringify(written, null, 2))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const read = await storageAt(file).read('test')
    expect(read.account).toEqual({
      email: '',
      registration: { body: { status: 'valid' }, uri: 'https://ca.test/1' },
      privateKey: Buffer.from('k'),
    })
    expect(read.certificates).toEqual([certificate('a.test', 'b.test'), certificate('c.test')])
  })

  test('is made once, however many look for it', async () => {
    for (let i = 0; i < 20; i++) {
      const file = path.join(folder(), 'acme.json')
      const all = await Promise.all(Array.from({ length: 8 }, () => storageAt(file).read('le')))
      expect(all.every(({ certificates }) => certificates.length === 0)).toBe(true)
    }
  })

  test('is made where it is not there, and empty is empty', async () => {
    const file = path.join(folder(), 'acme.json')
    expect(await storageAt(file).read('le')).toEqual({ account: null, certificates: [] })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await storageAt(file).read('le')).toEqual({ account: null, certificates: [] })
  })

  test.each([0o644, 0o640, 0o604, 0o620])('is refused when others may read or write it: %o', async (mode) => {
    const file = path.join(folder(), 'acme.json')
    writeFileSync(file, '{}')
    chmodSync(file, mode)
    await expect(storageAt(file).read('le')).rejects.toThrow(
      `permissions ${mode.toString(8)} for ${file} are too open, please use 600`,
    )
  })

  test.each(['{', '[]', '5', '{"le": '])('is never written over when it is broken: %s', async (text) => {
    const file = path.join(folder(), 'acme.json')
    writeFileSync(file, text, { mode: 0o600 })
    const storage = storageAt(file)
    await expect(add(storage, 'le', certificate('a.test'))).rejects.toThrow(file)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test('entries that are none are left out', async () => {
    const file = path.join(folder(), 'acme.json')
    const Certificates = [{ domain: { main: 'a.test' } }, null, 5, { certificate: 'YQ==', key: 'YQ==' }]
    writeFileSync(file, JSON.stringify({ le: { Account: 'x', Certificates }, __proto__: 5 }), { mode: 0o600 })
    const { account, certificates } = await storageAt(file).read('le')
    expect(account).toBeNull()
    expect(certificates).toEqual([{ domain: { main: '', sans: [] }, certificate: 'a', key: 'a', store: 'default' }])
  })

  test('what others have written meanwhile stays', async () => {
    const file = path.join(folder(), 'acme.json')
    const [a, b] = [storageAt(file), storageAt(file)]
    await add(a, 'le', certificate('a.test'))
    await add(b, 'le', certificate('b.test'))
    await add(a, 'other', certificate('c.test'))
    await add(b, 'le', certificate('d.test'))
    const { certificates } = await a.read('le')
    expect(certificates.map(({ domain }) => domain.main)).toEqual(['a.test', 'b.test', 'd.test'])
    expect((await b.read('other')).certificates).toHaveLength(1)
  })

  test('what others have written is noticed, what is one’s own is not', async () => {
    const file = path.join(folder(), 'acme.json')
    const [a, b] = [storageAt(file), storageAt(file)]
    let [heard, own] = [0, 0]
    await a.read('le')
    a.watch(() => heard++)
    await add(b, 'le', certificate('b.test'))
    b.watch(() => own++)
    await until(
      () => heard,
      (count) => count > 0,
    )
    expect(own).toBe(0)
  })

  test('a link to it stays one, and nothing else is left in the folder', async () => {
    const [real, linked] = [folder(), folder()]
    const target = path.join(real, 'store.json')
    writeFileSync(target, '', { mode: 0o600 })
    const file = path.join(linked, 'acme.json')
    symlinkSync(target, file)
    await add(storageAt(file), 'le', certificate('a.test'))
    expect(readFileSync(target, 'utf8')).toContain('a.test')
    expect(readdirSync(linked)).toEqual(['acme.json'])
    expect(readdirSync(real)).toEqual(['store.json'])
  })

  test('one lock at a time', async () => {
    const storage = storageAt(path.join(folder(), 'acme.json'))
    const lock = await storage.lock('x')
    expect(await storage.lock('x')).toBeNull()
    expect(await storage.lock('y')).not.toBeNull()
    await lock!.release()
    expect(await storage.lock('x')).not.toBeNull()
  })
})

describe('a folder that is shared', () => {
  const sharedAt = (where: string): FolderStorage => {
    const storage = new FolderStorage(where, runtimeClock, log)
    open.push(storage)
    return storage
  }

  test('many who write lose nothing', async () => {
    const where = folder()
    const storages = Array.from({ length: 4 }, () => sharedAt(where))
    await Promise.all(
      storages.flatMap((storage, i) => [0, 1, 2].map((n) => add(storage, 'le', certificate(`n${i}-${n}.test`)))),
    )
    expect((await storages[0]!.read('le')).certificates).toHaveLength(12)
  })

  test('locks and answers to challenges are everybody’s', async () => {
    const where = folder()
    const [a, b] = [sharedAt(where), sharedAt(where)]
    const lock = await a.lock('order')
    expect(await b.lock('order')).toBeNull()
    await lock!.release()
    expect(await b.lock('order')).not.toBeNull()
    await a.challenges.put('http ../../x token', 'answer')
    expect(await b.challenges.get('http ../../x token')).toBe('answer')
    expect(await b.challenges.get('http other')).toBeNull()
    await a.challenges.remove('http ../../x token')
    expect(await b.challenges.get('http ../../x token')).toBeNull()
    for (const name of ['locks', 'challenges']) expect(statSync(path.join(where, name)).mode & 0o777).toBe(0o700)
  })
})

describe('locks by files', () => {
  const locksIn = (where: string) => {
    const locks = new LockFiles(where, runtimeClock)
    open.push({ close: async () => locks.close() } as unknown as CertificateStorage)
    return locks
  }

  test('one that nobody has touched for a while is taken over, by one of many', async () => {
    const where = path.join(folder(), 'locks')
    mkdirSync(where)
    await locksIn(where).take('x')
    const [file] = readdirSync(where)
    const old = new Date(Date.now() - 60_000)
    utimesSync(path.join(where, file!), old, old)
    const taken = await Promise.all(Array.from({ length: 8 }, () => locksIn(where).take('x')))
    expect(taken.filter((lock) => lock !== null)).toHaveLength(1)
    expect(readdirSync(where)).toHaveLength(1)
  })

  test('one that was taken over is not taken away by who had it', async () => {
    const where = path.join(folder(), 'locks')
    mkdirSync(where)
    const first = await locksIn(where).take('x')
    const [file] = readdirSync(where)
    const old = new Date(Date.now() - 60_000)
    utimesSync(path.join(where, file!), old, old)
    const second = await locksIn(where).take('x')
    await first!.release()
    expect(await locksIn(where).take('x')).toBeNull()
    await second!.release()
    expect(readdirSync(where)).toEqual([])
  })
})

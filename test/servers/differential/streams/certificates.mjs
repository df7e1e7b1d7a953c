import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { cn, makeCertificate } from '../../../support/certificates.ts'

const PAST = [new Date('2019-01-01T00:00:00Z'), new Date('2020-01-01T00:00:00Z')]

/** Certificates of servers, by what is special about them: what they name, and who has signed them. */
const OF_SERVERS = {
  a: { dns: ['a.test'] },
  wild: { dns: ['*.a.test'] },
  both: { dns: ['b.test', 'a.test'] },
  sub: { dns: ['x.a.test', 'xx.a.test'] },
  expired: { dns: ['expired.test'], validity: PAST },
  address: { dns: ['address.test'], ip: [[127, 0, 0, 1]] },
  uri: { dns: ['uri.test'], uri: ['spiffe://a.test/one'] },
  nameless: {},
}

/** A client with every attribute and kind of name, some of them twice, or with what must be escaped. */
const MANY_NAMED = {
  subject: [
    ['2.5.4.6', 'DE'],
    ['2.5.4.8', 'Nord, West'],
    ['2.5.4.7', 'Köln'],
    ['2.5.4.10', 'First "and" only'],
    ['2.5.4.10', 'Second; one'],
    ['2.5.4.11', 'unit=1'],
    ['2.5.4.11', 'a+b'],
    ['2.5.4.5', '0042'],
    ['0.9.2342.19200300.100.1.25', 'test'],
    ['0.9.2342.19200300.100.1.25', 'many'],
    ['2.5.4.3', 'many named'],
  ],
  dns: ['one.test', '*.two.test'],
  ip: [
    [127, 0, 0, 1],
    [32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ],
  uri: ['spiffe://a.test/one', 'https://a.test/?a=b,c'],
  mail: ['a@b.test'],
}

/**
 * Makes certificates of servers and clients, with their authority and one that nobody trusts, as files of a folder.
 * @returns by name: `cert`, `key`, `certFile`, `keyFile`
 */
export function makeCertificates(folder) {
  const authority = makeCertificate({ subject: cn('authority'), isAuthority: true })
  const foreign = makeCertificate({ subject: cn('foreign authority'), isAuthority: true })
  const made = {
    authority,
    foreign,
    ...Object.fromEntries(
      Object.entries(OF_SERVERS).map(([name, wanted]) => [
        name,
        makeCertificate({ subject: cn(wanted.dns?.[0] ?? 'nameless.test'), ...wanted }, authority),
      ]),
    ),
    stranger: makeCertificate({ subject: cn('a.test'), dns: ['a.test'] }, foreign),
    client: makeCertificate({ subject: cn('client'), dns: ['client.test'] }, authority),
    manyNamed: makeCertificate(MANY_NAMED, authority),
    expiredClient: makeCertificate({ subject: cn('expired client'), validity: PAST }, authority),
    foreignClient: makeCertificate({ subject: cn('foreign client') }, foreign),
  }
  return Object.fromEntries(
    Object.entries(made).map(([name, { cert, key }]) => {
      const [certFile, keyFile] = ['crt', 'key'].map((ending) => path.join(folder, `${name}.${ending}`))
      writeFileSync(certFile, cert)
      writeFileSync(keyFile, key)
      return [name, { cert, key, certFile, keyFile }]
    }),
  )
}

/** Those that servers show. */
export const SERVER_CERTIFICATES = [...Object.keys(OF_SERVERS), 'stranger']

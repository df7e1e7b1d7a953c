import { createCipheriv, createDecipheriv, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { hashSync } from 'bcryptjs'
import type { TemplatePorts } from '../../src/compiler/templates/ports.ts'

/** Go's default cost. */
const BCRYPT_COST = 10
const RSA_BITS = 4096

/** What templates see of this machine. @param addressesOf none: names are not resolved */
export const nodeTemplatePorts = (addressesOf: TemplatePorts['addressesOf'] = () => []): TemplatePorts => ({
  variable: (name) => process.env[name],
  now: () => BigInt(Date.now()) * 1_000_000n,
  timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  randomOctets: (count) => randomBytes(count),
  // Go writes the older mark of what is the same algorithm.
  bcrypt: (password) => hashSync(password, BCRYPT_COST).replace(/^\$2b\$/, '$2a$'),
  addressesOf,
  privateKey,
  aes: (direction, key, iv, text) => {
    const make = direction === 'encrypt' ? createCipheriv : createDecipheriv
    const cipher = make('aes-256-cbc', key, iv).setAutoPadding(false)
    return Buffer.concat([cipher.update(text), cipher.final()])
  },
})

function privateKey(kind: 'rsa' | 'ecdsa' | 'ed25519'): string {
  if (kind === 'rsa') return written(generateKeyPairSync('rsa', { modulusLength: RSA_BITS }), 'pkcs1')
  if (kind === 'ecdsa') return written(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sec1')
  return written(generateKeyPairSync('ed25519'), 'pkcs8')
}

const written = ({ privateKey }: { readonly privateKey: KeyObject }, type: 'pkcs1' | 'sec1' | 'pkcs8'): string =>
  privateKey.export({ type, format: 'pem' }).toString()

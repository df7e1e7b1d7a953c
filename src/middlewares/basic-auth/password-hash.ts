import { sha1 } from '@noble/hashes/legacy.js'
import type { PasswordClient, Passwords } from '../../contracts/ports.ts'
import { fromFieldText } from '../../http/fields.ts'
import type { MaybePromise } from '../../http/maybe-promise.ts'
import { bytesOf, equalInConstantTime } from '../shared/bytes.ts'
import { md5Crypt } from './md5-crypt.ts'

/** A stored hash that passwords can be compared with. */
export interface PasswordHash {
  /** Hashes of one class cost the same to compare. */
  readonly costClass: string
  /** A hash of that class which no password is known for. */
  readonly decoy: string
  /** `password` is a byte string. Null: it was not found out. */
  compare(password: string, hash: string, client: PasswordClient): MaybePromise<boolean | null>
}

/**
 * How a stored hash is compared (Traefik v3.7 by way of `goauth`): bcrypt, `{SHA}`, else MD5-crypt with the magic
 * between its first two `$`; null for what no password fits.
 */
export function passwordHashOf(hash: string, passwords: Pick<Passwords, 'bcrypt'>): PasswordHash | null {
  if (hash.startsWith('{SHA}')) return SHA
  const bcrypt = /^\$2[abxy]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$/.exec(hash)
  if (bcrypt !== null) {
    return {
      costClass: `bcrypt ${bcrypt[1]}`,
      decoy: `$2b$${bcrypt[1]}$${'.'.repeat(53)}`,
      // The letters tell old bugs of other implementations apart; the function is one.
      compare: (password, stored, client) =>
        passwords.bcrypt(fromFieldText(password), `$2b$${stored.slice(4)}`, client),
    }
  }
  return !/^\$2[abxy]\$/.test(hash) && /^[^$]*\$[^$]*\$[^$]*\$/.test(hash) ? MD5_CRYPT : null
}

const SHA: PasswordHash = {
  costClass: 'sha',
  decoy: `{SHA}${'A'.repeat(27)}=`,
  compare: (password, hash) =>
    equalInConstantTime(hash.slice(5), btoa(String.fromCharCode(...sha1(bytesOf(password))))),
}

const MD5_CRYPT: PasswordHash = {
  costClass: 'md5-crypt',
  decoy: `$apr1$........$${'.'.repeat(22)}`,
  compare(password, hash) {
    const [, magic, salt] = hash.split('$', 3)
    return equalInConstantTime(hash, md5Crypt(password, salt!, `$${magic}$`))
  },
}

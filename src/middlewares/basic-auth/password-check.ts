import type { Passwords } from '../../contracts/ports.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import { bytesOf } from '../shared/bytes.ts'
import { hmacSha1 } from '../shared/sha1.ts'
import { type PasswordHash, passwordHashOf } from './password-hash.ts'

/** Whether the password (byte string) is that user's. */
export type PasswordCheck = (user: string, password: string) => MaybePromise<boolean>

/** Longer ones never fit: hashing costs time for every byte, and a peer chooses how many. */
const MAX_PASSWORD = 512
/** Verified credentials that are remembered; the oldest go first. */
const MAX_VERIFIED = 1024

/**
 * Checks passwords against stored hashes. Every refusal costs one comparison of each class of hashes there
 * is, whoever the user; what was verified is remembered, and equal checks under way are shared, both under an HMAC of
 * user and password with a key of this instance.
 */
export function createPasswordCheck(users: ReadonlyMap<string, string>, passwords: Passwords): PasswordCheck {
  const known = new Map<string, { readonly hash: string; readonly kind: PasswordHash }>()
  const classes = new Map<string, PasswordHash>()
  for (const [user, hash] of users) {
    const kind = passwordHashOf(hash, passwords)
    if (kind === null) continue
    known.set(user, { hash, kind })
    classes.set(kind.costClass, kind)
  }

  const verify = (user: string, password: string): MaybePromise<boolean> => {
    const own = known.get(user)
    if (own === undefined) return refuseAfter(password, [...classes.values()])
    const others = [...classes.values()].filter(({ costClass }) => costClass !== own.kind.costClass)
    return andThen(own.kind.compare(password, own.hash), (fits) => fits || refuseAfter(password, others))
  }

  const verified = new Set<string>()
  const pending = new Map<string, Promise<boolean>>()
  const remember = (key: string, fits: boolean): boolean => {
    if (fits) {
      if (verified.size >= MAX_VERIFIED) verified.delete(verified.values().next().value!)
      verified.add(key)
    }
    return fits
  }
  const keyOf = createKeyedHash()

  return (user, password) => {
    if (password.length > MAX_PASSWORD) return false
    const key = keyOf(user, password)
    if (verified.has(key)) return true
    const same = pending.get(key)
    if (same !== undefined) return same
    const result = verify(user, password)
    if (!(result instanceof Promise)) return remember(key, result)
    const shared = result.then((fits) => remember(key, fits)).finally(() => pending.delete(key))
    pending.set(key, shared)
    return shared
  }
}

/** False, at the price of a comparison of each of these kinds. */
function refuseAfter(password: string, kinds: readonly PasswordHash[], at = 0): MaybePromise<boolean> {
  const kind = kinds[at]
  if (kind === undefined) return false
  return andThen(kind.compare(password, kind.decoy), () => refuseAfter(password, kinds, at + 1))
}

/** The key is made on first use: the edge gives no randomness while a worker starts. */
function createKeyedHash(): (user: string, password: string) => string {
  let key: Uint8Array | null = null
  return (user, password) => {
    key ??= crypto.getRandomValues(new Uint8Array(32))
    const digest = hmacSha1(key, bytesOf(`${user.length}:${user}${password}`))
    return String.fromCharCode(...digest)
  }
}

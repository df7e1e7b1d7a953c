import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import type { PasswordClient, Passwords, VerifiedPasswords } from '../../contracts/ports.ts'
import { andThen, type MaybePromise } from '../../http/maybe-promise.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { bytesOf } from '../shared/bytes.ts'
import { Attempt } from './attempt.ts'
import { type PasswordHash, passwordHashOf } from './password-hash.ts'

/** Whether the password (byte string) is that user's; null: that was not found out. */
export type PasswordCheck = (user: string, password: string, cx: RequestContext) => MaybePromise<boolean | null>

/** Longer ones never fit: hashing costs time for every byte, and a peer chooses how many. */
const MAX_PASSWORD = 512
/** Verified credentials that are remembered; the oldest go first. */
const MAX_VERIFIED = 1024
/** Middlewares whose verified credentials are remembered; those not built for longest go first. */
const MAX_NAMES = 1000

/** What is remembered for a middleware of that name, as long as its users stay the same; else nothing yet. */
export function verifiedFor(
  name: string,
  users: ReadonlyMap<string, string>,
  { verified }: Pick<Passwords, 'verified'>,
): VerifiedPasswords {
  const known = verified.get(name)
  const kept = known !== undefined && areEqual(known.users, users) ? known : noneVerified(users)
  verified.delete(name)
  if (verified.size >= MAX_NAMES) verified.delete(verified.keys().next().value!)
  verified.set(name, kept)
  return kept
}

export const noneVerified = (users: ReadonlyMap<string, string>): VerifiedPasswords => ({
  users,
  digests: new Set(),
  digestOf: createKeyedHash(),
})

function areEqual(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false
  for (const [user, hash] of a) if (b.get(user) !== hash) return false
  return true
}

/**
 * Checks passwords against stored hashes. Every refusal costs one comparison of each class of hashes there is, whoever
 * the user; what was verified is remembered, and equal checks under way are shared, both under an HMAC of user and
 * password with a key of its own.
 */
export function createPasswordCheck(
  users: ReadonlyMap<string, string>,
  passwords: Pick<Passwords, 'bcrypt'>,
  { digests, digestOf }: VerifiedPasswords = noneVerified(users),
): PasswordCheck {
  const known = new Map<string, { readonly hash: string; readonly kind: PasswordHash }>()
  const classes = new Map<string, PasswordHash>()
  for (const [user, hash] of users) {
    const kind = passwordHashOf(hash, passwords)
    if (kind === null) continue
    known.set(user, { hash, kind })
    classes.set(kind.costClass, kind)
  }

  const verify = (user: string, password: string, client: PasswordClient): MaybePromise<boolean | null> => {
    const own = known.get(user)
    if (own === undefined) return refuseAfter(password, client, [...classes.values()])
    const others = [...classes.values()].filter(({ costClass }) => costClass !== own.kind.costClass)
    return andThen(own.kind.compare(password, own.hash, client), (fits) =>
      fits === false ? refuseAfter(password, client, others) : fits,
    )
  }

  const pending = new Map<string, { readonly attempt: Attempt; readonly result: Promise<boolean | null> }>()
  const remember = (digest: string, fits: boolean | null): boolean | null => {
    if (fits === true) {
      if (digests.size >= MAX_VERIFIED) digests.delete(digests.values().next().value!)
      digests.add(digest)
    }
    return fits
  }

  return (user, password, cx) => {
    if (password.length > MAX_PASSWORD) return false
    const digest = digestOf(user, password)
    if (digests.has(digest)) return true
    const same = pending.get(digest)
    if (same !== undefined) {
      same.attempt.join(cx)
      return same.result
    }
    const forget = () => {
      if (pending.get(digest)?.attempt === attempt) pending.delete(digest)
    }
    const attempt = new Attempt(cx.client.address, forget)
    attempt.join(cx)
    const result = verify(user, password, attempt)
    if (!(result instanceof Promise)) return remember(digest, result)
    const shared = result.then((fits) => remember(digest, fits)).finally(forget)
    if (!attempt.hasLeft) pending.set(digest, { attempt, result: shared })
    return shared
  }
}

/** False, at the price of a comparison of each of these kinds; null where one was not made. */
function refuseAfter(
  password: string,
  client: PasswordClient,
  kinds: readonly PasswordHash[],
  at = 0,
): MaybePromise<boolean | null> {
  const kind = kinds[at]
  if (kind === undefined) return false
  return andThen(kind.compare(password, kind.decoy, client), (fits) =>
    fits === null ? null : refuseAfter(password, client, kinds, at + 1),
  )
}

/** The key is made on first use: the edge gives no randomness while a worker starts. */
function createKeyedHash(): (user: string, password: string) => string {
  let key: Uint8Array | null = null
  return (user, password) => {
    key ??= crypto.getRandomValues(new Uint8Array(32))
    const digest = hmac(sha1, key, bytesOf(`${user.length}:${user}${password}`))
    return String.fromCharCode(...digest)
  }
}

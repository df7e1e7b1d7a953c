import { concatBytes } from '@noble/hashes/utils.js'
import { octetsOf } from '../go-text.ts'

/** Passwords that follow from a name and a master password (the first version of the algorithm of Spectre). */

const SCOPE = 'com.lyndir.masterpassword'

const TEMPLATES: ReadonlyMap<string, readonly string[]> = new Map([
  ['maximum', ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno']],
  [
    'long',
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno'.split(
      ' ',
    ),
  ],
  ['medium', ['CvcnoCvc', 'CvcCvcno']],
  ['short', ['Cvcn']],
  ['basic', ['aaanaaan', 'aannaaan', 'aaannaaa']],
  ['pin', ['nnnn']],
])

const CHARACTERS: Readonly<Record<string, string>> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
}

interface Hashes {
  readonly scrypt: (password: Uint8Array, salt: Uint8Array) => Uint8Array
  readonly hmac: (key: Uint8Array, message: Uint8Array) => Uint8Array
}

function bigEndian(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  new DataView(octets.buffer).setUint32(0, value)
  return octets
}

/** The password for a site. @param secrets the master password, the user and the site */
export function passwordOf(
  counter: number,
  kind: string,
  [password, user, site]: readonly [string, string, string],
  { scrypt, hmac }: Hashes,
): string {
  const templates = TEMPLATES.get(kind)
  if (templates === undefined) return `cannot find password template ${kind}`
  const scope = octetsOf(SCOPE)
  const [userOctets, siteOctets] = [octetsOf(user), octetsOf(site)]
  const key = scrypt(octetsOf(password), concatBytes(scope, bigEndian(userOctets.length), userOctets))
  const seed = hmac(key, concatBytes(scope, bigEndian(siteOctets.length), siteOctets, bigEndian(counter)))
  const template = templates[seed[0]! % templates.length]!
  return Array.from(template, (element, at) => {
    const characters = CHARACTERS[element]!
    return characters[seed[at + 1]! % characters.length]
  }).join('')
}

import { type KeyObject, sign } from 'node:crypto'

/** A JSON Web Token (RFC 7519) signed by RS256. @param header more for its head: what names the key */
export function jsonWebToken(key: KeyObject, header: object, claims: object): string {
  const parts = [{ alg: 'RS256', typ: 'JWT', ...header }, claims]
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

import { isSecretName } from '../../http/secrets.ts'

/** `name: value` and `name = value`, also within braces and quotes; the value ends where the next one may begin. */
const PAIR = /(["']?)([\w.-]+)\1(\s*[:=]\s*)("[^"]*"?|'[^']*'?|[^\s{[,}\]][^,}\]]*)/g
/** Hashes of users as htpasswd and htdigest write them. */
const HASH = /(?<=:)(?:\$\w{1,4}\$[^\s"',\]}]+|\{SHA\}[^\s"',\]}]+|[^\s:"',\]}]*:[0-9a-f]{32}\b)/gi
/** A line of a key or certificate that stands in the file itself. */
const ARMOUR = /^\s*[A-Za-z0-9+/]{40,}={0,2}\s*$/

/** A line of a configuration as it may be shown: nothing moves, and what may be a secret is stars. */
export function withoutSecrets(line: string): string {
  if (ARMOUR.test(line)) return stars(line)
  return line
    .replace(PAIR, (pair, quote: string, name: string, between: string, value: string) =>
      isSecretName(name) && !isReference(value) ? `${quote}${name}${quote}${between}${stars(value)}` : pair,
    )
    .replace(HASH, stars)
    .replace(/(?<=:\/\/)[^\s/"']*(?=@)/g, stars)
    .replace(/(?<=:\/\/[^\s"'`?#<>]*\?)[^\s"'`#<>]*/g, (query) => query.replace(/(?<==)[^&]+/g, stars))
}

const stars = (text: string): string => text.replace(/[^\s"']/g, '*')

/** A file is no secret, and neither is a switch. */
const isReference = (value: string): boolean =>
  /^["']?(?:[\w./-]+\.(?:key|pem|crt|cer)|true|false)["']?\s*$/.test(value)

/** What templates need of the machine that they are rendered on. Nothing here waits. */
export interface TemplatePorts {
  /** An environment variable; undefined where it is not set. */
  readonly variable: (name: string) => string | undefined
  /** Nanoseconds since 1970. */
  readonly now: () => bigint
  /** IANA name of the zone that is Go's `Local`. */
  readonly timeZone: string
  /** Not to be guessed. */
  readonly randomOctets: (count: number) => Uint8Array
  /** A new hash, `$2a$10$…`; takes about 60 ms. */
  readonly bcrypt: (password: string) => string
  /** Addresses of a host; none where it is not known. */
  readonly addressesOf: (host: string) => readonly string[]
  /** A new private key, PEM. */
  readonly privateKey: (kind: 'rsa' | 'ecdsa' | 'ed25519') => string
  /** AES-256 in CBC mode without padding. */
  readonly aes: (direction: 'encrypt' | 'decrypt', key: Uint8Array, iv: Uint8Array, text: Uint8Array) => Uint8Array
}

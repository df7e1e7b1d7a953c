import { CallError } from '../limits.ts'
import type { TemplatePorts } from '../ports.ts'

/** An integer from 0 on; every one as likely. */
export function randomBelow(limit: number, { randomOctets }: TemplatePorts): number {
  if (limit <= 0) throw new CallError('invalid argument to Intn')
  const range = BigInt(limit)
  const space = 2n ** 64n
  for (;;) {
    const value = randomOctets(8).reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
    // What lies behind the last whole multiple would come too often.
    if (value < space - (space % range)) return Number(value % range)
  }
}

/** So many characters of an alphabet. */
export function randomText(alphabet: string, count: number, ports: TemplatePorts): string {
  let out = ''
  // What does not divide evenly is left out, so that every character is as likely.
  const fair = 256 - (256 % alphabet.length)
  while (out.length < count) {
    for (const octet of ports.randomOctets(Math.min(count - out.length, 1024))) {
      if (octet < fair) out += alphabet[octet % alphabet.length]
    }
  }
  return out
}

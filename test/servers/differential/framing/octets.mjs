// What can be wrong with the octets of a message, whoever sends it.

const OCTETS = ['\r', '\n', ' ', '\t', '\x00', ':', '0', 'a', ';', ',', '\r\n', '\x7f', '\xff', '-']

/** Chunks of a content, as they may be written. */
export const CHUNKED = [
  '5\r\nhello\r\n0\r\n\r\n',
  '2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '005\r\nhello\r\n000\r\n\r\n',
  'A\r\n0123456789\r\n0\r\nX-T: t\r\n\r\n',
]

/** A text with some octets put in, taken away or in place of others. @param {import('../random.mjs').Random} random */
export function spoiled(random, text) {
  let left = text
  for (let times = random.pick([0, 0, 0, 1, 1, 2]); times > 0; times--) {
    const at = random.below(left.length)
    const taken = random.pick([0, 0, 1, 2])
    left = left.slice(0, at) + (random.chance(0.7) ? random.pick(OCTETS) : '') + left.slice(at + taken)
  }
  return left
}

/** A text as it is sent: each piece by itself, and few of them. @param {import('../random.mjs').Random} random */
export function inPieces(random, text) {
  const pieces = []
  const most = random.pick([1, 7, 40, 10_000, 10_000])
  for (let at = 0; at < text.length; ) {
    const length = 1 + random.below(most)
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces.length > 60 ? [text] : pieces
}

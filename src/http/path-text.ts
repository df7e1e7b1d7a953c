const encoder = new TextEncoder()

/**
 * A decoded path as the bytes it stands for, in the form field lines have; its length is the length in bytes. A lone
 * surrogate is the byte it was kept for.
 */
export function fieldTextOf(decoded: string): string {
  let out = ''
  for (const char of decoded) {
    const point = char.codePointAt(0)!
    if (point < 0x80) out += char
    else if (point >= 0xdc80 && point <= 0xdcff) out += String.fromCharCode(point - 0xdc00)
    else out += String.fromCharCode(...encoder.encode(char))
  }
  return out
}

/** Bytes of the first line of a packed value, without its line feed. */
const LIMIT = 2048

const LINE_FEED = 0x0a

/** The first line of a packed value, of which nothing has been checked; empty where there is none. */
export function headLine(value: Uint8Array): string {
  const end = value.subarray(0, LIMIT + 1).indexOf(LINE_FEED)
  return end === -1 ? '' : new TextDecoder().decode(value.subarray(0, end))
}

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes of a size as nginx writes it (`8k`, `1m`); null: it is none. */
export function nginxSize(text: string): number | null {
  const [, digits, unit] = /^\s*(\d{1,15})\s*([bkmg]?)\s*$/i.exec(text) ?? []
  if (digits === undefined) return null
  const bytes = Number(digits) * UNITS[unit!.toLowerCase()]!
  return Number.isSafeInteger(bytes) ? bytes : null
}

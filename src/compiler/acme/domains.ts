import { NameCover } from './name-cover.ts'

/** Names that one certificate is to have. */
export interface Domain {
  readonly main: string
  readonly sans: readonly string[]
}

/** The main name first; empty ones left out. */
export const namesOf = ({ main, sans }: Domain): readonly string[] => [main, ...sans].filter((name) => name !== '')

export const domainOf = ([main = '', ...sans]: readonly string[]): Domain => ({ main, sans })

/** What was left out of a list of wanted certificates, and why. */
export interface Thinned {
  readonly domains: readonly Domain[]
  readonly notes: readonly string[]
}

/**
 * Leaves out what is there twice and what a wildcard among the main names is good for; what is left of an entry is an
 * entry (Traefik v3.7 `deleteUnnecessaryDomains`).
 */
export function thinned(wanted: readonly Domain[]): Thinned {
  const notes: string[] = []
  const domains = wanted.flatMap((domain, index) => {
    const left = leftOf(domain, index, wanted, notes)
    return left === null ? [] : [domainOf(left)]
  })
  return { domains, notes }
}

/** Null: nothing is left, or the same entry comes before. */
function leftOf(domain: Domain, index: number, wanted: readonly Domain[], notes: string[]): readonly string[] | null {
  let left = namesOf(domain)
  for (const [other, { main }] of wanted.entries()) {
    if (other === index) continue
    const names = namesOf(wanted[other]!)
    if (names.length === left.length && names.every((name, i) => name === left[i])) {
      if (index < other) return left
      notes.push(`the names ${left.join(', ')} are there twice`)
      return null
    }
    const before = index > other ? new NameCover(names) : null
    const wildcard = main.startsWith('*') ? new NameCover([main]) : null
    left = left.filter((name) => {
      if (before?.covers(name) === true) {
        notes.push(`${name} is in the certificate for ${names.join(', ')} already`)
        return false
      }
      if (name !== main && wildcard?.covers(name) === true) {
        notes.push(`${name} needs no certificate beside ${main}`)
        return false
      }
      return true
    })
    if (left.length === 0) return null
  }
  return left
}

/** Names as they are asked for, or why there is no certificate for them (Traefik v3.7 `sanitizeDomains`). */
export type Sanitised =
  | { readonly names: readonly string[]; readonly notes: readonly string[] }
  | { readonly error: string }

export function sanitised(wanted: readonly string[]): Sanitised {
  if (wanted.length === 0) return { error: 'no domain was given' }
  const names: string[] = []
  const notes: string[] = []
  for (const name of wanted) {
    if (name.startsWith('*.*')) {
      const all = wanted.join(',')
      return {
        error: `unable to generate a wildcard certificate in ACME provider for domain "${all}" : ACME does not allow '*.*' wildcard domain`,
      }
    }
    const clean = asciiOf(name.trim().toLowerCase().replace(/\.$/, ''))
    if (name.endsWith('.')) notes.push(`FQDN detected, please remove the trailing dot: ${name}`)
    const wrong = wrongName(clean)
    if (wrong !== null) return { error: `no certificate can be had for ${JSON.stringify(name)}: ${wrong}` }
    if (!names.includes(clean)) names.push(clean)
  }
  return { names, notes }
}

/** Names in other scripts as authorities want them; what is none stays as it is. */
const asciiOf = (name: string): string => {
  if (/^[\x20-\x7e]*$/.test(name)) return name
  const hostname = /[\s/@:?#[\]\\]/.test(name) ? undefined : URL.parse(`http://${name}`)?.hostname
  return hostname ?? name
}

const LONGEST_NAME = 253

/** What an authority would refuse anyway, and what must not get into requests, commands and records. */
function wrongName(name: string): string | null {
  if (name.length > LONGEST_NAME) return 'it is too long'
  const labels = (name.startsWith('*.') ? name.slice(2) : name).split('.')
  const isGood = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  return isGood ? null : 'it is no domain name'
}

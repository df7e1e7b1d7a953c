import { versionText } from '../format/print-value.ts'
import { CallError } from '../limits.ts'
import { MAX_UINT64 } from '../number-syntax.ts'
import type { GoVersion } from '../values.ts'

/** Semantic versions as `github.com/Masterminds/semver` reads and compares them. */

const VERSION =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

export function parseVersion(text: string): GoVersion {
  const match = VERSION.exec(text)
  if (match === null) throw new CallError('invalid semantic version')
  const [, major, minor, patch, prerelease = '', metadata = ''] = match
  const segment = (digits = '0') => {
    const value = BigInt(digits)
    if (value <= MAX_UINT64) return value
    throw new CallError(`error parsing version segment: strconv.ParseUint: parsing "${digits}": value out of range`)
  }
  const version: GoVersion = {
    kind: 'version',
    major: segment(major),
    minor: segment(minor),
    patch: segment(patch),
    prerelease,
    metadata,
    original: text,
    isPointer: true,
  }
  if (prerelease.split('.').some((part) => /^0[0-9]+$/.test(part))) throw new CallError('version segment starts with 0')
  return version
}

/** Below, above or at zero. */
export function compareVersions(a: GoVersion, b: GoVersion): number {
  for (const part of ['major', 'minor', 'patch'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  }
  if (a.prerelease === b.prerelease) return 0
  if (a.prerelease === '') return 1
  return b.prerelease === '' ? -1 : comparePrereleases(a.prerelease, b.prerelease)
}

export function comparePrereleases(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at] ?? '', right[at] ?? '']
    if (one !== other) return comparePart(one, other)
  }
  return 0
}

/** Numbers come before words, what is absent before all. */
function comparePart(a: string, b: string): number {
  if (a === '') return -1
  if (b === '') return 1
  const [left, right] = [a, b].map((part) =>
    /^[0-9]+$/.test(part) && BigInt(part) <= MAX_UINT64 ? BigInt(part) : null,
  )
  if (left === null && right === null) return a > b ? 1 : -1
  if (right === null) return -1
  return left === null || left! > right! ? 1 : -1
}

/** The next version of that kind. */
export function incremented(version: GoVersion, part: 'major' | 'minor' | 'patch'): GoVersion {
  const plain = { ...version, prerelease: '', metadata: '', isPointer: false }
  const next =
    part === 'major'
      ? { ...plain, major: version.major + 1n, minor: 0n, patch: 0n }
      : part === 'minor'
        ? { ...plain, minor: version.minor + 1n, patch: 0n }
        : { ...plain, patch: version.prerelease === '' ? version.patch + 1n : version.patch }
  return { ...next, original: (version.original.startsWith('v') ? 'v' : '') + versionText(next) }
}

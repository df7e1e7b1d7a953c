import { CallError } from '../limits.ts'
import type { GoVersion } from '../values.ts'
import { comparePrereleases, compareVersions, parseVersion } from './versions.ts'

/** Constraints on versions: `>=1.2, <3 || ~4.5` (`github.com/Masterminds/semver/constraints.go`). */

const NUMBER = '[0-9|x|X|\\*]+'
const TAG = '[0-9A-Za-z\\-]+(?:\\.[0-9A-Za-z\\-]+)*'
const VERSION = `v?(?:${NUMBER})(?:\\.${NUMBER})?(?:\\.${NUMBER})?(?:-${TAG})?(?:\\+${TAG})?`
const PARTS = `v?(${NUMBER})(\\.${NUMBER})?(\\.${NUMBER})?(-${TAG})?(?:\\+${TAG})?`
/** In this order: of `=>` the first alternative takes the `=`. */
const OPERATOR = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^'

const CONSTRAINT = new RegExp(`^\\s*(${OPERATOR})\\s*(${PARTS})\\s*$`)
const RANGE = new RegExp(`\\s*(${VERSION})\\s+-\\s+(${VERSION})\\s*`, 'g')
const OPERATORS = /^(!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?\s*/
const ONE = new RegExp(VERSION, 'y')

interface Constraint {
  readonly operator: string
  readonly version: GoVersion
  /** Parts that are `x` or absent. */
  readonly minorOpen: boolean
  readonly patchOpen: boolean
  readonly open: boolean
}

/** Longest text of constraints: they are read by patterns. */
const MAX_LENGTH = 1_000

export function satisfies(constraints: string, written: string): boolean {
  if (constraints.length > MAX_LENGTH) throw new CallError('improper constraint: too long')
  const alternatives = constraints
    .replace(RANGE, (_, from, to) => `>= ${from}, <= ${to} `)
    .split('||')
    .map(readAll)
  const version = parseVersion(written)
  return alternatives.some((all) => {
    const withPrereleases = all.some(({ version: { prerelease } }) => prerelease !== '')
    return all.every((constraint) => {
      if (version.prerelease !== '' && !withPrereleases) return false
      return CHECKS[constraint.operator]!(version, constraint)
    })
  })
}

/** Those of one alternative, between blanks or commas. */
function readAll(text: string): readonly Constraint[] {
  const found: Constraint[] = []
  let rest = text.trimStart()
  do {
    const operator = OPERATORS.exec(rest)![0]
    ONE.lastIndex = operator.length
    const version = ONE.exec(rest)
    if (version === null) throw new CallError(`improper constraint: ${text}`)
    const end = operator.length + version[0].length
    found.push(read(rest.slice(0, end)))
    const separator = /^(?:\s*,\s*|\s+|$)/.exec(rest.slice(end))
    if (separator === null) throw new CallError(`improper constraint: ${text}`)
    rest = rest.slice(end + separator[0].length)
  } while (rest !== '')
  return found
}

const isOpen = (part: string | undefined): boolean => part === undefined || /^\.?[xX*]$/.test(part)

function read(text: string): Constraint {
  const match = CONSTRAINT.exec(text)
  if (match === null) throw new CallError(`improper constraint: ${text}`)
  const [, operator, , major, minor, patch, prerelease = ''] = match
  const open = { minorOpen: false, patchOpen: false, open: true }
  try {
    if (isOpen(major)) return { operator: operator!, version: parseVersion(`0.0.0${prerelease}`), ...open }
    if (isOpen(minor)) {
      return { operator: operator!, version: parseVersion(`${major}.0.0${prerelease}`), ...open, minorOpen: true }
    }
    if (isOpen(patch)) {
      return { operator: operator!, version: parseVersion(`${major}${minor}.0${prerelease}`), ...open, patchOpen: true }
    }
    return { operator: operator!, version: parseVersion(match[2]!), ...open, open: false }
  } catch (error) {
    if (error instanceof CallError) throw new CallError('constraint parser error')
    throw error
  }
}

type Check = (version: GoVersion, constraint: Constraint) => boolean

const equals: Check = (version, constraint) =>
  constraint.open ? within(version, constraint) : compareVersions(version, constraint.version) === 0

const differs: Check = (version, constraint) => {
  const { version: other, open, minorOpen, patchOpen } = constraint
  if (open) {
    if (other.major !== version.major) return true
    if (other.minor !== version.minor && !minorOpen) return true
    if (minorOpen) return false
    if (other.patch !== version.patch && !patchOpen) return true
    if (patchOpen) return comparePrereleases(version.prerelease, other.prerelease) !== 0
  }
  return compareVersions(version, other) !== 0
}

const above: Check = (version, { version: other, open, minorOpen, patchOpen }) => {
  if (open) {
    if (version.major !== other.major) return version.major > other.major
    if (minorOpen) return false
    if (patchOpen) return version.minor > other.minor
  }
  return compareVersions(version, other) > 0
}

const below: Check = (version, { version: other }) => compareVersions(version, other) < 0

const atLeast: Check = (version, { version: other }) => compareVersions(version, other) >= 0

const atMost: Check = (version, { version: other, open, minorOpen }) => {
  if (!open) return compareVersions(version, other) <= 0
  if (version.major > other.major) return false
  return !(version.major === other.major && version.minor > other.minor && !minorOpen)
}

/** `~1.2`: the same minor version. */
const within: Check = (version, { version: other, minorOpen, patchOpen }) => {
  if (compareVersions(version, other) < 0) return false
  const isZero = other.major === 0n && other.minor === 0n && other.patch === 0n
  if (isZero && !minorOpen && !patchOpen) return true
  return version.major === other.major && (version.minor === other.minor || minorOpen)
}

/** `^1.2`: what changes nothing that is there. */
const compatible: Check = (version, { version: other, minorOpen, patchOpen }) => {
  if (compareVersions(version, other) < 0) return false
  if (other.major > 0n || minorOpen) return version.major === other.major
  if (version.major > 0n) return false
  if (other.minor > 0n || patchOpen) return version.minor === other.minor
  return version.minor === 0n && other.patch === version.patch
}

const CHECKS: Readonly<Record<string, Check>> = {
  '': equals,
  '=': equals,
  '!=': differs,
  '>': above,
  '<': below,
  '>=': atLeast,
  '=>': atLeast,
  '<=': atMost,
  '=<': atMost,
  '~': within,
  '~>': within,
  '^': compatible,
}

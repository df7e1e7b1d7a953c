import { cipherSuitesOf, TLS_VERSIONS, versionOf } from '../../../planning/tls-names.ts'
import type { Findings } from '../findings.ts'

/** The suites, undefined for the default ones: that is what an unknown one leads to. */
export function knownCipherSuites(names: string[], findings: Findings): string[] | undefined {
  const { unknown } = cipherSuitesOf(names)
  if (unknown === null) return names
  const field = `spec.cipherSuites[${names.indexOf(unknown)}]`
  findings.error(field, `cipher suite not supported: ${unknown}, falling back to default CipherSuite.`)
  return undefined
}

interface Versions {
  readonly minVersion?: string
  readonly maxVersion?: string
}

const HINT = 'one of VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13'

/** Versions that there are, the lowest below the highest; else TLS 1.2 and above. */
export function checkedVersions(given: { minVersion: string; maxVersion: string }, findings: Findings): Versions {
  const [min, max] = [levelOf(given.minVersion), levelOf(given.maxVersion)]
  if (given.minVersion !== '' && min < 0) {
    findings.error('spec.minVersion', `invalid TLS minimum version: ${given.minVersion}`, HINT)
  }
  if (given.maxVersion !== '' && max < 0) {
    findings.error('spec.maxVersion', `invalid TLS maximum version: ${given.maxVersion}`, HINT)
  }
  if (given.minVersion !== '' && given.maxVersion !== '' && min >= max) {
    const message = `CipherSuite MinVersion, ${given.minVersion}, above or equal to the MaxVersion, ${given.maxVersion}. Falling back to default MaxVersion and MinVersion`
    findings.error('spec.minVersion', message)
    return { minVersion: 'VersionTLS12' }
  }
  return {
    ...(min < 0 ? {} : { minVersion: given.minVersion }),
    ...(max < 0 ? {} : { maxVersion: given.maxVersion }),
  }
}

/** Place among the versions, -1 where there is no such one. */
const levelOf = (name: string): number => TLS_VERSIONS.indexOf(versionOf(name)!)

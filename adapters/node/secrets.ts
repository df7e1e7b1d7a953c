import { readFileSync } from 'node:fs'
import type { SecretOf } from '../../src/plan/secrets.ts'

/** Where Docker and Kubernetes put secrets that are not told otherwise. */
const FOLDER = '/run/secrets'

/** No text that stands in an option is longer, in bytes. */
const MAX_BYTES = 64 * 1024

/**
 * What references of this machine's own files stand for: a variable of the environment; a file; and of `secret` a
 * variable or, without one, a file of `/run/secrets`. A line break at the end of a file is no part of it.
 */
export const machineSecrets: SecretOf = (source, name) => {
  if (source === 'file') return textOf(name)
  const variable = process.env[name] ?? null
  return source === 'env' || variable !== null ? variable : textOf(`${FOLDER}/${name}`)
}

function textOf(file: string): string | null {
  try {
    const bytes = readFileSync(file)
    return bytes.length > MAX_BYTES ? null : bytes.toString('utf8').replace(/\r?\n$/, '')
  } catch {
    // Who needs it says that it is not there.
    return null
  }
}

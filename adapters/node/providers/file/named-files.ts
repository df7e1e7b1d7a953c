import { createHash } from 'node:crypto'
import type { DynamicConfig } from '../../../../src/compiler/dynamic/dynamic.ts'
import { readRegularFile } from './source.ts'

/**
 * A digest of what the certificate and authority files hold that a configuration names: it changes when they do, though
 * the configuration stays the same text. Empty when none is named.
 */
export function digestOfNamedFiles(config: DynamicConfig): string {
  const files = namedFiles(config)
  if (files.length === 0) return ''
  const digest = createHash('sha256')
  for (const file of files) digest.update(file).update('\0').update(contentOf(file)).update('\0')
  return digest.digest('base64')
}

function contentOf(file: string): Buffer | string {
  try {
    return readRegularFile(file)
  } catch {
    // Whoever needs the file says what is wrong with it; here it is just not there.
    return ''
  }
}

interface Pair {
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

function namedFiles({ http, tcp, tls }: DynamicConfig): string[] {
  const files: (string | undefined)[] = []
  const pairs = (list: readonly Pair[] = []) =>
    files.push(...list.flatMap(({ certFile, keyFile }) => [certFile, keyFile]))
  pairs(tls?.certificates)
  for (const { clientAuth } of Object.values(tls?.options ?? {})) files.push(...(clientAuth?.caFiles ?? []))
  for (const { defaultCertificate } of Object.values(tls?.stores ?? {})) {
    if (defaultCertificate !== undefined) pairs([defaultCertificate])
  }
  for (const transport of Object.values(http?.serversTransports ?? {})) {
    files.push(...(transport.rootCAs ?? []))
    pairs(transport.certificates)
  }
  for (const { tls: options } of Object.values(tcp?.serversTransports ?? {})) {
    files.push(...(options?.rootCAs ?? []))
    pairs(options?.certificates)
  }
  return files.filter((file): file is string => file !== undefined && file !== '' && !file.includes('-----BEGIN'))
}

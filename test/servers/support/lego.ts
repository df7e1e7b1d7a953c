import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { ProviderCase } from '../../support/dns-apis/cases.ts'
import type { DnsApis } from '../../support/dns-apis/server.ts'
import { temporaryFolder } from './process.ts'

const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox')
/** That of Traefik 3.7.15. */
const PROGRAM = path.join(CACHE, 'lego-dns-5.5.2')
const LIMIT_MS = 55_000

export interface LegoStep {
  readonly action: 'present' | 'cleanUp'
  readonly domain: string
  readonly token: string
  readonly keyAuth: string
}

export interface LegoResult {
  /** Of each step; empty: it went well. */
  readonly errors: readonly string[]
  /** Seconds that the provider gives a record to be seen, and between two looks. */
  readonly timeout: number
  readonly interval: number
}

/** Runs steps of a provider of lego, which reaches the APIs as ours do. */
export function runLego(
  { code, variables }: ProviderCase,
  apis: DnsApis,
  steps: readonly LegoStep[],
): Promise<LegoResult> {
  const authority = path.join(temporaryFolder(), 'authority.pem')
  writeFileSync(authority, apis.authority)
  const child = spawn(PROGRAM, {
    env: {
      ...variables,
      HOME: '/nowhere',
      HTTP_PROXY: apis.proxyUrl,
      HTTPS_PROXY: apis.proxyUrl,
      SSL_CERT_FILE: authority,
    },
    timeout: LIMIT_MS,
  })
  child.stdin.end(JSON.stringify({ provider: code, nameServer: apis.nameServer, steps }))
  let said = ''
  let complaints = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      // Warnings stand before it.
      if (code === 0) resolve(JSON.parse(said.trim().split('\n').at(-1)!) as LegoResult)
      else reject(new Error(`lego ended with ${code}: ${complaints}`))
    })
  })
}

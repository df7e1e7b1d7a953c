import { execFile } from 'node:child_process'
import path from 'node:path'
import { elementsOf, fieldsOf, type Json, text } from '../../../../src/compiler/discovery/answer.ts'
import type { Credentials } from './credentials.ts'

/** How long a plug-in may take. */
const LIMIT_MS = 60_000
const MAX_BYTES = 1024 * 1024
/** What ends so soon is asked for anew. */
const EARLY_MS = 10_000

const API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

interface Given {
  readonly token: string
  readonly certificate: { readonly cert: string; readonly key: string } | null
  /** Milliseconds of the epoch; infinite: it does not end. */
  readonly endsAt: number
}

/** What a program says that a kubeconfig names (`users[].user.exec`), kept until it ends or is not taken any more. */
export class ExecCredentials implements Credentials {
  readonly #command: string
  readonly #args: readonly string[]
  readonly #env: NodeJS.ProcessEnv
  readonly #place: string
  readonly #apiVersion: string
  readonly #installHint: string
  #given: Given | null = null
  /** All who ask while it runs get the same. */
  #running: Promise<Given> | null = null

  /** @param folder where the kubeconfig is  @param place of the user, for messages */
  constructor(
    exec: Json,
    cluster: Json,
    folder: string,
    place: string,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    const command = text(exec.command)
    this.#place = place
    this.#apiVersion = text(exec.apiVersion)
    this.#installHint = text(exec.installHint)
    if (command === '') throw new Error(`${place}: exec names no command`)
    if (!API_VERSIONS.includes(this.#apiVersion)) throw new Error(`${place}: exec has an apiVersion that is not known`)
    if (text(exec.interactiveMode) === 'Always') throw new Error(`${place}: exec wants a terminal, and there is none`)
    this.#command = command.includes('/') ? path.resolve(folder, command) : command
    this.#args = elementsOf(exec.args).map(String)
    const own = elementsOf(exec.env).map(fieldsOf)
    this.#env = {
      ...env,
      ...Object.fromEntries(own.map(({ name, value }) => [text(name), text(value)])),
      KUBERNETES_EXEC_INFO: JSON.stringify({
        kind: 'ExecCredential',
        apiVersion: this.#apiVersion,
        spec: { interactive: false, ...(exec.provideClusterInfo === true ? { cluster } : {}) },
      }),
    }
  }

  /** What it said last; null: no certificate. */
  get certificate(): Given['certificate'] {
    return this.#given?.certificate ?? null
  }

  async authorization(): Promise<string | null> {
    if (this.#given === null || this.#given.endsAt - EARLY_MS < Date.now()) {
      this.#running ??= this.#run().finally(() => {
        this.#running = null
      })
      this.#given = await this.#running
    }
    return this.#given.token === '' ? null : `Bearer ${this.#given.token}`
  }

  renew(): void {
    this.#given = null
  }

  #run(): Promise<Given> {
    return new Promise((resolve, reject) => {
      const options = { env: this.#env, timeout: LIMIT_MS, maxBuffer: MAX_BYTES, encoding: 'utf8' } as const
      const child = execFile(this.#command, this.#args, options, (error, stdout) => {
        if (error !== null) return reject(this.#failure(error))
        try {
          resolve(this.#read(stdout))
        } catch (cause) {
          reject(cause)
        }
      })
      child.stdin?.end()
    })
  }

  /** Without what the program said, which may hold a secret. */
  #failure(error: Error & { readonly code?: string | number | null; readonly killed?: boolean }): Error {
    const hint = this.#installHint === '' ? '' : `: ${this.#installHint}`
    if (error.code === 'ENOENT') return new Error(`${this.#place}: ${this.#command} is not there${hint}`)
    if (error.killed === true)
      return new Error(`${this.#place}: ${this.#command} gives nothing within ${LIMIT_MS / 1000} s`)
    return new Error(`${this.#place}: ${this.#command} ends with ${error.code}`)
  }

  #read(output: string): Given {
    let answer: unknown
    try {
      answer = JSON.parse(output)
    } catch {
      // The parser's words repeat a piece of what may be a secret.
      throw new Error(`${this.#place}: ${this.#command} gives no JSON`)
    }
    const { kind, apiVersion, status } = fieldsOf(answer)
    if (kind !== 'ExecCredential' || apiVersion !== this.#apiVersion) {
      throw new Error(`${this.#place}: ${this.#command} gives no ExecCredential of ${this.#apiVersion}`)
    }
    const given = fieldsOf(status)
    const token = text(given.token)
    const [cert, key] = [text(given.clientCertificateData), text(given.clientKeyData)]
    if (token === '' && (cert === '' || key === '')) {
      throw new Error(`${this.#place}: ${this.#command} gives neither a token nor a certificate with its key`)
    }
    const endsAt = Date.parse(text(given.expirationTimestamp))
    return {
      token,
      certificate: cert === '' || key === '' ? null : { cert, key },
      endsAt: Number.isNaN(endsAt) ? Number.POSITIVE_INFINITY : endsAt,
    }
  }
}

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'

/** Characters that ssh says about itself which are kept. */
const MOST_SAID = 500

/**
 * A connection over the standard streams of a program, with what an HTTP agent does to a socket. The program ends with
 * the connection; what it says on its error stream becomes the reason when it ends by itself.
 */
export class SshConnection extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #said = ''

  constructor(args: readonly string[]) {
    super({ allowHalfOpen: false })
    this.#child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin, stdout, stderr } = this.#child
    stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause()
    })
    stderr.setEncoding('utf8')
    stderr.on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-MOST_SAID)
    })
    // Whoever waits for room, or writes, learns of the end by `close`.
    stdin.on('error', () => undefined)
    this.#child.on('error', (error) => this.destroy(new Error(`ssh can't be started: ${error.message}`)))
    this.#child.on('close', (code, signal) => {
      const said = this.#said.trim()
      if (code === 0) this.push(null)
      else this.destroy(new Error(`ssh ended with ${code ?? signal}${said === '' ? '' : `: ${said}`}`))
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.stdin.destroy()
    this.#child.stdout.destroy()
    this.#child.kill()
    done(error)
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    this.#child.ref()
    return this
  }

  unref(): this {
    this.#child.unref()
    return this
  }
}

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { until } from '../support/until.ts'
import type { Protocol } from './protocol.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds wrong. */
export interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly string[]
}

/** A page, and what went wrong on it. */
export class Page {
  readonly #protocol: Protocol
  readonly #session: string
  readonly close: () => Promise<void>
  /** Errors of the console, uncaught ones and violations of policies. */
  readonly complaints: string[] = []
  /** Everything that was asked for. */
  readonly requests: string[] = []

  private constructor(protocol: Protocol, session: string, close: () => Promise<void>) {
    this.#protocol = protocol
    this.#session = session
    this.close = close
    protocol.on(session, (method, params) => {
      if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url)
      if (method === 'Runtime.exceptionThrown')
        this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text)
      if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type))
        this.complaints.push(
          params.args.map((one: { value?: unknown; description?: string }) => one.value ?? one.description).join(' '),
        )
      if (method === 'Log.entryAdded' && params.entry.level === 'error')
        this.complaints.push(`${params.entry.text} ${params.entry.url ?? ''}`)
    })
  }

  static async attach(protocol: Protocol, session: string, close: () => Promise<void>): Promise<Page> {
    const page = new Page(protocol, session, close)
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await page.#send(`${domain}.enable`)
    await page.resize(1280, 900)
    return page
  }

  #send(method: string, params: object = {}) {
    return this.#protocol.send(method, params, this.#session)
  }

  /** Goes to an address; ends when its document has been read. */
  async open(url: string): Promise<void> {
    const { errorText } = await this.#send('Page.navigate', { url })
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`)
    await until(
      () => this.evaluate<string>('document.readyState'),
      (state) => state === 'complete',
    )
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 })
  }

  async prefer(scheme: 'light' | 'dark'): Promise<void> {
    await this.#send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
  }

  /** Sends fields with every request. */
  async sendFields(headers: Readonly<Record<string, string>>): Promise<void> {
    await this.#send('Network.setExtraHTTPHeaders', { headers })
  }

  /** The value of an expression; promises are waited for. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value as T
  }

  /** What can be read. */
  text(): Promise<string> {
    return this.evaluate('document.body?.innerText ?? ""')
  }

  /** Waits until this can be read. */
  async sees(pattern: RegExp | string, deadlineMs = 15_000): Promise<string> {
    const fits = (text: string) => (typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text))
    return until(() => this.text(), fits, deadlineMs)
  }

  /** Waits until this can no longer be read. */
  async misses(text: string, deadlineMs = 15_000): Promise<void> {
    await until(
      () => this.text(),
      (seen) => !seen.includes(text),
      deadlineMs,
    )
  }

  /** Clicks what a person would find by its name: a button, a link, a summary. */
  async click(name: string): Promise<void> {
    const place = await until(
      () =>
        this.evaluate<{ x: number; y: number } | null>(`(() => {
          const named = [...document.querySelectorAll('button, a, summary')].filter((one) => {
            const shown = one.getClientRects().length > 0 && !one.disabled
            return shown && (one.ariaLabel ?? one.textContent).trim() === ${JSON.stringify(name)}
          })
          const one = named[0]
          if (one === undefined) return null
          one.scrollIntoView({ block: 'center' })
          const { x, y, width, height } = one.getBoundingClientRect()
          return { x: x + width / 2, y: y + height / 2 }
        })()`),
      (found) => found !== null,
    )
    for (const type of ['mousePressed', 'mouseReleased'])
      await this.#send('Input.dispatchMouseEvent', { type, ...place, button: 'left', clickCount: 1 })
  }

  /** Types where the focus is. */
  async type(text: string): Promise<void> {
    await this.#send('Input.insertText', { text })
  }

  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : key === 'Enter' ? { text: '\r' } : {}
    const code = { Enter: 13, Tab: 9, Escape: 27 }[key]
    const pressed = { key, ...text, ...(code === undefined ? {} : { windowsVirtualKeyCode: code }) }
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...pressed })
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', key })
  }

  /** The whole page as a picture. */
  async screenshot(file: string): Promise<void> {
    const { data } = await this.#send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true })
    writeFileSync(file, Buffer.from(data, 'base64'))
  }

  /** What axe-core finds wrong with the page as it is; it needs neither the page's policy nor its scripts. */
  async violations(): Promise<readonly Violation[]> {
    if (!(await this.evaluate<boolean>('"axe" in globalThis'))) await this.evaluate(axeSource)
    return this.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary) })))`)
  }
}

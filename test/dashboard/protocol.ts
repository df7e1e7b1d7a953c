// biome-ignore lint/suspicious/noExplicitAny: the protocol has hundreds of messages
type Message = Record<string, any>

/** The DevTools protocol over a WebSocket, for several sessions. */
export class Protocol {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve(result: Message): void; reject(error: Error): void }>()
  readonly #listeners = new Map<string, ((method: string, params: Message) => void)[]>()
  #id = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data))))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser has gone'))
      this.#waiting.clear()
    })
  }

  static async connect(address: string): Promise<Protocol> {
    const socket = new WebSocket(address)
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new Error(`can't connect to ${address}`)))
    })
    return new Protocol(socket)
  }

  send(method: string, params: Message, sessionId?: string): Promise<Message> {
    const id = ++this.#id
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject: (error) => reject(new Error(`${method}: ${error.message}`)) })
    })
  }

  /** What a session tells by itself. */
  on(sessionId: string, listener: (method: string, params: Message) => void): void {
    this.#listeners.set(sessionId, [...(this.#listeners.get(sessionId) ?? []), listener])
  }

  #take({ id, result, error, method, params, sessionId }: Message): void {
    if (id === undefined) {
      for (const listener of this.#listeners.get(sessionId) ?? []) listener(method, params)
      return
    }
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error.message))
  }
}

import { useState } from 'preact/hooks'

/** A request that one wonders about. */
export interface Question {
  readonly method: string
  readonly url: string
  /** Empty: the one of the URL's scheme. */
  readonly entryPoint: string
  readonly clientAddress: string
  /** A line each: `Name: value`. */
  readonly headers: string
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

interface ExplainFormProps {
  readonly question: Question
  readonly entryPoints: readonly string[]
  readonly onAsk: (question: Question) => void
}

export function ExplainForm({ question, entryPoints, onAsk }: ExplainFormProps) {
  const [asked, setAsked] = useState(question)
  const set = (change: Partial<Question>) => setAsked({ ...asked, ...change })
  return (
    <form
      class="panel explain"
      onSubmit={(event) => {
        event.preventDefault()
        onAsk({ ...asked, method: asked.method.trim() || 'GET', url: asked.url.trim() })
      }}
    >
      <label class="method">
        <span class="label">Method</span>
        <input
          list="methods"
          value={asked.method}
          spellcheck={false}
          autocomplete="off"
          onInput={({ currentTarget: { value } }) => set({ method: value })}
        />
        <datalist id="methods">
          {METHODS.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </label>
      <label class="url">
        <span class="label">URL</span>
        <input
          required
          value={asked.url}
          placeholder="https://shop.example.com/cart"
          inputMode="url"
          spellcheck={false}
          autocomplete="off"
          onInput={({ currentTarget: { value } }) => set({ url: value })}
        />
      </label>
      <label>
        <span class="label">Entry point</span>
        <select value={asked.entryPoint} onChange={({ currentTarget: { value } }) => set({ entryPoint: value })}>
          <option value="">that fits first</option>
          {entryPoints.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="label">Client address</span>
        <input
          value={asked.clientAddress}
          placeholder="203.0.113.7"
          spellcheck={false}
          autocomplete="off"
          onInput={({ currentTarget: { value } }) => set({ clientAddress: value.trim() })}
        />
      </label>
      <label class="fields">
        <span class="label">Header fields, one a line</span>
        <textarea
          rows={2}
          value={asked.headers}
          placeholder="X-Tenant: blue"
          spellcheck={false}
          onInput={({ currentTarget: { value } }) => set({ headers: value })}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          Explain
        </button>
      </div>
    </form>
  )
}

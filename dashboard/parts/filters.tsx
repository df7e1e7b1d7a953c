import { useEffect, useRef, useState } from 'preact/hooks'
import { refine } from '../state/location.ts'
import type { Listing } from '../state/use-listing.ts'

/** Until what is typed is looked for. */
const PAUSE_MS = 150

/** The field that `/` leads to. */
export const SEARCH_ID = 'search'

/** Looks for a text in a list; what is typed is part of the address. */
function Search({ label, text }: { readonly label: string; readonly text: string }) {
  const [typed, setTyped] = useState(text)
  const timer = useRef<number | undefined>(undefined)
  useEffect(() => setTyped(text), [text])
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <label class="search">
      <span class="label">{label}</span>
      <input
        id={SEARCH_ID}
        type="search"
        value={typed}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget: { value } }) => {
          setTyped(value)
          clearTimeout(timer.current)
          timer.current = setTimeout(() => refine({ search: value.trim(), page: '' }), PAUSE_MS)
        }}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
    </label>
  )
}

interface ChoiceProps {
  readonly label: string
  /** The value of each and what it is called. */
  readonly of: readonly (readonly [value: string, name: string])[]
  readonly value: string
  readonly onChoose: (value: string) => void
}

/** One of few. */
function Choice({ label, of, value, onChoose }: ChoiceProps) {
  return (
    <fieldset class="choice">
      <legend class="label">{label}</legend>
      <div>
        {of.map(([each, name]) => (
          <button key={each} type="button" aria-pressed={each === value} onClick={() => onChoose(each)}>
            {name}
          </button>
        ))}
      </div>
    </fieldset>
  )
}

interface FiltersProps {
  readonly listing: Listing
  /** Of the search. */
  readonly label: string
  readonly statuses: ChoiceProps['of']
}

/** What of a list is shown. */
export function Filters({ listing: { search, status }, label, statuses }: FiltersProps) {
  return (
    <div class="filters">
      <Search label={label} text={search} />
      <Choice label="Status" of={statuses} value={status} onChoose={(chosen) => refine({ status: chosen, page: '' })} />
    </div>
  )
}

/** From page to page of a list. */
export function Pager({
  page,
  next,
  shown,
}: {
  readonly page: number
  readonly next: number | null
  readonly shown: string
}) {
  const to = (number: number) => refine({ page: number === 1 ? '' : String(number) })
  return (
    <nav class="pager" aria-label="Pages of the list">
      <span role="status">{shown}</span>
      <span class="buttons">
        <button type="button" disabled={page <= 1} onClick={() => to(page - 1)}>
          Previous
        </button>
        <button type="button" disabled={next === null} onClick={() => next !== null && to(next)}>
          Next
        </button>
      </span>
    </nav>
  )
}

import type { ComponentChildren } from 'preact'

/** A column of a table of `T`s. */
export interface Column<T> {
  readonly label: string
  readonly cell: (row: T) => ComponentChildren
  /** What the API calls its order; absent: there is none. */
  readonly sortBy?: string
  readonly isNumber?: boolean
}

interface TableProps<T> {
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly busy?: boolean
  readonly sorting?: {
    readonly by: string
    readonly descending: boolean
    readonly onSort: (by: string, descending: boolean) => void
  }
}

/** On a narrow screen each row becomes a card whose cells have the columns' labels. */
export function Table<T>({ caption, columns, rows, keyOf, busy = false, sorting }: TableProps<T>) {
  return (
    <div class="scroll">
      <table aria-busy={busy}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ label, sortBy, isNumber }) => {
              const isSorted = sorting !== undefined && sortBy === sorting.by
              const order = sorting?.descending === true ? 'descending' : 'ascending'
              return (
                <th
                  key={label}
                  scope="col"
                  class={isNumber === true ? 'number' : ''}
                  aria-sort={isSorted ? order : undefined}
                >
                  {sorting === undefined || sortBy === undefined ? (
                    label
                  ) : (
                    <button
                      type="button"
                      class="sort"
                      onClick={() => sorting.onSort(sortBy, isSorted && !sorting.descending)}
                    >
                      {label}
                    </button>
                  )}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ label, cell, isNumber }) => (
                <td key={label} data-label={label} class={isNumber === true ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

import { useLayoutEffect, useState } from 'preact/hooks'

/** A value that changes, and who wants to know. */
export class Store<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const listener of [...this.#listeners]) listener()
  }

  /** Returns how to call it off. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** The value of a store; whoever uses it is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [, draw] = useState({})
  const { value } = store
  useLayoutEffect(() => {
    const update = () => draw({})
    // It may have changed since it was drawn.
    if (!Object.is(store.value, value)) update()
    return store.subscribe(update)
  }, [store])
  return value
}

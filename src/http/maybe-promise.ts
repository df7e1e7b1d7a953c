/** A value now, or later: what need not wait stays free of promises. */
export type MaybePromise<T> = T | Promise<T>

/** `f(v)` now, or once `v` is there: keeps a way without a promise free of one. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** The mean of the last values; 0 while there are none. */
export class MovingAverage {
  readonly #values: Float64Array
  #count = 0
  #next = 0
  #sum = 0

  /** @param size how many values count */
  constructor(size: number) {
    this.#values = new Float64Array(size)
  }

  /** @param value a whole number, so that the sum stays exact */
  add(value: number): void {
    const values = this.#values
    if (this.#count === values.length) this.#sum -= values[this.#next]!
    else this.#count++
    values[this.#next] = value
    this.#sum += value
    this.#next = (this.#next + 1) % values.length
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }
}

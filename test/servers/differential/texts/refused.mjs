/** What a reader of ours gives, or that it refuses the text by one of the errors that it says it throws. */
export function valueOr(errors, read) {
  try {
    return { value: read() }
  } catch (error) {
    if (!errors.some((kind) => error instanceof kind)) throw error
    return { error: error.message }
  }
}

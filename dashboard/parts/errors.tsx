/** Why something is not as it should be. */
export function Errors({ errors }: { readonly errors: readonly string[] }) {
  if (errors.length === 0) return null
  return (
    <ul class="errors">
      {errors.map((error) => (
        <li key={error}>{error}</li>
      ))}
    </ul>
  )
}

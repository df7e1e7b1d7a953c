/** Several lines of one field as workerd hands them on, as one, but for `Set-Cookie`. */
export function joined({ answer, seen }) {
  return {
    answer: answer === null ? null : { ...answer, fields: joinedFields(answer.fields) },
    seen: Object.fromEntries(
      Object.entries(seen).map(([at, { fields, ...rest }]) => [at, { ...rest, fields: joinedFields(fields) }]),
    ),
  }
}

const joinedFields = (fields) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, values]) => [
      name,
      name === 'set-cookie' ? values : [values.join(name === 'cookie' ? '; ' : ', ')],
    ]),
  )

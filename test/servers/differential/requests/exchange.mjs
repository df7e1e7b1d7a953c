/**
 * What a client got of a request and what servers saw of it, and how often it was sent until there was an answer.
 * @param {() => Promise<object | null>} ask
 * @param {{ takeSeen: () => object[] }} servers
 */
export async function exchange(ask, servers) {
  let [answer, seen, tries] = [null, [], 0]
  // Who answers and closes before all content has arrived may have its answer cut off by the system.
  for (; tries < 5 && (answer === null || answer.content.endsWith('<broken>')); tries++) {
    answer = await ask()
    seen = servers.takeSeen()
  }
  if (answer !== null) delete answer.fields.date
  for (const { fields } of seen) delete fields['x-forwarded-server']
  return { seen: { answer, seen: Object.fromEntries(seen.map((one, at) => [at, one])) }, tries }
}

/** Takes away what is not said of an answer but of its making. */
export function evenOut(...answers) {
  // Whether its length is known when its head is written; HTTP/1.0 ends it with the connection.
  const framings = answers.map((answer) => answer?.fields['transfer-encoding']?.[0] ?? '')
  const isFramedAlike =
    framings[0] === framings[1] && answers.every((answer) => answer?.fields['content-length'] !== undefined)
  for (const answer of answers) {
    if (answer === null) continue
    const { fields } = answer
    if (!isFramedAlike) delete fields['transfer-encoding']
    if (!isFramedAlike) delete fields['content-length']
    // Traefik draws their order.
    if (fields['access-control-expose-headers'] !== undefined) {
      fields['access-control-expose-headers'] = fields['access-control-expose-headers'][0].split(', ').sort()
    }
  }
}

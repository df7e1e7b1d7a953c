import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProviderCase, providerCases } from '../support/dns-apis/cases.ts'
import { providerAt, recordFor } from '../support/dns-apis/run.ts'
import { type SeenCall, seen } from '../support/dns-apis/seen.ts'
import { DnsApis } from '../support/dns-apis/server.ts'
import { type LegoStep, runLego } from './support/lego.ts'

let apis: DnsApis
beforeEach(async () => {
  apis = await DnsApis.start()
})
afterEach(() => apis.stop())

const recordOf = ({ domain, token, keyAuth }: LegoStep) => recordFor(domain, token, keyAuth)

const step = (action: LegoStep['action'], domain: string, token = 't1'): LegoStep => ({
  action,
  domain,
  token,
  keyAuth: `${token}.print`,
})

/** What each of them asks of the APIs for the same steps, and how long they give a record. */
async function both(one: ProviderCase, steps: readonly LegoStep[]) {
  const provider = await providerAt(apis, one.code, one.variables)
  for (const wanted of steps) await provider[wanted.action](recordOf(wanted), AbortSignal.timeout(15_000))
  const own = { calls: apis.calls.splice(0).map(seen), texts: apis.store.texts(one.stored) }
  apis.store.clear()
  const { errors, timeout, interval } = await runLego(one, apis, steps)
  const legos = { calls: apis.calls.splice(0).map(seen), texts: apis.store.texts(one.stored), errors }
  return { own, legos, times: [provider.timeoutMs / 1000, provider.intervalMs / 1000], legosTimes: [timeout, interval] }
}

type Change = (calls: readonly SeenCall[]) => readonly SeenCall[]

/** Leaves out requests. @param isMeant by default all that match */
const without =
  (
    request: RegExp,
    isMeant: (before: SeenCall | undefined, after: SeenCall | undefined) => boolean = () => true,
  ): Change =>
  (calls) =>
    calls.filter((call, at) => !request.test(call.request) || !isMeant(calls[at - 1], calls[at + 1]))

/** What is read just before it is deleted. */
const withoutLook = without(/^GET /, (_, after) => after?.request.startsWith('DELETE ') === true)

const withBody =
  (change: (body: unknown) => unknown): Change =>
  (calls) =>
    calls.map((call) => ({ ...call, body: change(call.body) }))

const withoutFields = (...names: readonly string[]): Change =>
  withBody((body) => {
    const text = JSON.stringify(body, (name, value: unknown) => (names.includes(name) ? undefined : value))
    return JSON.parse(text) as unknown
  })

/** In place of a text in contents. */
const rewritten = (pattern: RegExp, by: string): Change =>
  withBody((body) => JSON.parse(JSON.stringify(body).replace(pattern, by)) as unknown)

/** Lists of records, sorted. */
const inOrder = withBody((body) => {
  const text = JSON.stringify(body, (name, value: unknown) =>
    /^txtRecords$/i.test(name) ? (value as unknown[]).map((one) => JSON.stringify(one)).sort() : value,
  )
  return JSON.parse(text) as unknown
})

const withoutEmpty = withBody(
  (body) => JSON.parse(JSON.stringify(body, (_, value: unknown) => (value === '' ? undefined : value))) as unknown,
)

interface Difference {
  readonly why: string
  readonly own?: Change
  readonly legos?: Change
}

/** What differs on purpose: each makes the two sides the same where they are not. */
const differences: Readonly<Record<string, readonly Difference[]>> = {
  azuredns: [
    {
      why: 'Microsoft’s library asks the directory about itself first, and for more than a token of a service has',
      legos: (calls) =>
        rewritten(
          / openid offline_access profile/,
          '',
        )(withoutFields('claims')(without(/discovery\/instance|openid-configuration/)(calls))),
    },
    {
      why: 'values of others are looked at before the set is deleted',
      own: withoutLook,
    },
    { why: 'lego’s records come in any order', own: inOrder, legos: inOrder },
  ],
  gandi: [
    {
      why: 'lego leaves out the list around parameters (XML-RPC wants it); the name of the copy has a time',
      own: (calls) => rewritten(/ACME Challenge [^\]]+/, 'ACME Challenge')(calls).map(flatParams),
      legos: (calls) => rewritten(/ACME Challenge [^\]]+/, 'ACME Challenge')(calls),
    },
  ],
  gandiv5: [{ why: 'values of others are looked at before the set is deleted', own: withoutLook }],
  namecheap: [{ why: 'what is set for mail stays', own: withoutFields('EmailType') }],
  pdns: [{ why: 'lego sends empty fields', legos: withoutEmpty }],
  route53: [
    { why: 'the comment', own: rewritten(/Managed by Signalbox/, ''), legos: rewritten(/Managed by Lego/, '') },
    {
      why: 'nobody waits until the record is gone everywhere',
      legos: without(/\/change\//, (before) => JSON.stringify(before?.body).includes('"DELETE"')),
    },
  ],
}

function flatParams(call: SeenCall): SeenCall {
  const { methodCall } = call.body as { methodCall: { params?: unknown[] }[] }
  return { ...call, body: { methodCall: methodCall.flatMap((part) => part.params ?? [part]) } }
}

interface Weakness {
  /** What happens to a second record in place of what ours ask for. */
  readonly second?: (result: Awaited<ReturnType<typeof both>>) => void
  /** The other record is gone too. */
  readonly removesAll?: true
}

/** Where lego loses or hides records of the same name, which ours must not: names of an order are proved side by side. */
const WEAKNESSES: Readonly<Record<string, Weakness>> = {
  azuredns: { removesAll: true },
  gandi: { second: ({ legos }) => expect(legos.errors[1]).toContain('challenge already in progress') },
  gandiv5: { removesAll: true },
  // The records are away for a moment; ours are replaced at once.
  gcloud: {
    second: ({ own, legos }) => {
      const changes = (calls: readonly SeenCall[]) => calls.filter(({ request }) => /^POST .*\/changes$/.test(request))
      expect(changes(own.calls)).toHaveLength(2)
      expect(changes(legos.calls)).toHaveLength(3)
    },
    removesAll: true,
  },
  namecheap: { removesAll: true },
}

/** Go's client says no type that it accepts where it is not told to: ours says one each time. */
const withLegosAccept: (own: readonly SeenCall[], legos: readonly SeenCall[]) => readonly SeenCall[] = (own, legos) =>
  own.map((call, at) => {
    const { accept, ...headers } = call.headers
    return { ...call, headers: legos[at]?.headers.accept === undefined ? headers : { accept: accept!, ...headers } }
  })

const changed = (code: string, side: 'own' | 'legos', calls: readonly SeenCall[]): readonly SeenCall[] =>
  (differences[code] ?? []).reduce((all, difference) => difference[side]?.(all) ?? all, calls)

/** Asserts that both asked for the same. */
function expectSame(code: string, own: readonly SeenCall[], legos: readonly SeenCall[]): void {
  const wanted = changed(code, 'legos', legos)
  expect(withLegosAccept(changed(code, 'own', own), wanted)).toEqual(wanted)
}

describe.each(providerCases)('$name asks for what lego asks for', (one) => {
  test('to put a record and to remove it', async () => {
    const result = await both(one, [step('present', one.domain), step('cleanUp', one.domain)])
    expect(result.legos.errors).toEqual(['', ''])
    expectSame(one.code, result.own.calls, result.legos.calls)
    expect(result.own.texts).toEqual(result.legos.texts)
    expect(result.times).toEqual(result.legosTimes)
  })

  if (one.prefix !== '') {
    test('with times and a time to live of its own', async () => {
      const variables = {
        ...one.variables,
        [`${one.prefix}TTL`]: '4321',
        [`${one.prefix}PROPAGATION_TIMEOUT`]: '77',
        [`${one.prefix}POLLING_INTERVAL`]: '1',
      }
      const result = await both({ ...one, variables }, [step('present', one.domain)])
      expect(result.legos.errors).toEqual([''])
      expectSame(one.code, result.own.calls, result.legos.calls)
      expect(result.times).toEqual([77, 1])
      expect(result.legosTimes).toEqual([77, 1])
      if (one.code !== 'duckdns') expect(JSON.stringify(result.own.calls)).toContain('4321')
    })
  }

  if (one.onlyOne === undefined) {
    test('to put a second record beside the first, but for what is lego’s weakness', async () => {
      const { domain, code } = one
      const result = await both(one, [step('present', domain), step('present', domain, 't2')])
      const weakness = WEAKNESSES[code]?.second
      if (weakness === undefined) {
        expectSame(code, result.own.calls, result.legos.calls)
        expect(result.legos.errors).toEqual(['', ''])
      } else weakness(result)
      expect(result.own.texts).toHaveLength(2)
    })
  }

  if (one.onlyOne === undefined && one.keeps === undefined) {
    test('to remove one of two, but for what is lego’s weakness', async () => {
      const { domain, code } = one
      const steps = [step('present', domain), step('present', domain, 't2'), step('cleanUp', domain)]
      const result = await both(one, steps)
      const left = recordOf(steps[1]!).value
      // The copy of a zone goes with the last of its records.
      if (code !== 'gandi') expect(result.own.texts).toEqual([left])
      expect(result.legos.texts).toEqual(WEAKNESSES[code]?.removesAll === true || code === 'gandi' ? [] : [left])
    })
  }
})

import { expect, onTestFinished, test } from 'vitest'
import { signFlags } from '../../src/plan/flags.ts'
import { pack } from '../../src/plan/packed.ts'
import { requirementsOf } from '../../src/plan/requirements-of.ts'
import { signLine } from '../../src/plan/signed-line.ts'
import { until } from '../support/until.ts'
import { startCells } from './faults/cells.ts'
import { badValues, headOfValue, key, saying, signed } from './faults/values.ts'

const MIB = 1024 * 1024
const detailsOf = (audience: string) => ({
  audience,
  revision: 8,
  rollbackOf: null,
  time: Date.now(),
  publisher: '\u001b[2J\u009b2J\u2028',
})

/** A body of these bytes of JSON, packed and signed by the right key whatever it is. */
async function signedBody(audience: string, json: string, head: object = {}): Promise<Uint8Array> {
  const bytes = new Uint8Array(await new Response(gzipped(json)).arrayBuffer())
  const digest = async (of: Uint8Array<ArrayBuffer>) =>
    Buffer.from(await crypto.subtle.digest('SHA-256', of)).toString('base64url')
  const packed = { bytes: bytes.length, digest: await digest(bytes) }
  const whole = { ...detailsOf(audience), size: Buffer.byteLength(json), digest: 'x', packed, ...head }
  return Buffer.concat([Buffer.from(`${await signLine('signalbox-plan/2', whole, key)}\n`), bytes])
}

const gzipped = (text: string) => new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))

/** A publication whose plan is this text. */
const bodyOf = async (planJson: string): Promise<string> =>
  `{"requires":${JSON.stringify(requirementsOf(await saying('bad')))},"plan":${planJson}}`

async function manyRouters(count: number): Promise<string> {
  const plan = await saying('bad')
  const router = { ...plan.routers['r@file']!, definition: {} }
  const routers = Object.fromEntries(Array.from({ length: count }, (_, at) => [`r${at}@file`, router]))
  return JSON.stringify({ ...plan, routers })
}

async function nested(depth: number): Promise<string> {
  const text = JSON.stringify({ ...(await saying('bad')), marker: 0 })
  const rule = `${'{"op":"not","node":'.repeat(depth)}null${'}'.repeat(depth)}`
  return text.replace(/"rule":\{.*?\}(?=,"ruleError")/, `"rule":${rule}`)
}

const hostile: Record<string, (audience: string) => Promise<Uint8Array>> = {
  ...badValues,
  empty: async () => new Uint8Array(0),
  'one line feed': async () => new Uint8Array([10]),
  '26 MiB': async () => new Uint8Array(26 * MIB).fill(97),
  '26 MiB behind a good head': async (audience) => {
    const good = await signed('bad', 8, audience)
    return Buffer.concat([good, new Uint8Array(26 * MIB)])
  },
  'a bomb by its head': async (audience) => signedBody(audience, '{}', { size: 31 * MIB }),
  'a bomb that says it is none': async (audience) =>
    signedBody(audience, `{"a":"${'a'.repeat(31 * MIB)}"}`, { size: 9 }),
  'from the future': async (audience) => signedBody(audience, '{}', { time: Date.now() + 3_600_000 }),
  replayed: async (audience) => signed('bad', 6, audience),
  'another plan of the same revision': async (audience) => signed('bad', 7, audience),
  'no JSON': async (audience) => signedBody(audience, '{"requires":'),
  'a list': async (audience) => signedBody(audience, '[]'),
  'prototype keys': async (audience) => signedBody(audience, await bodyOf('{"__proto__":{"routers":{},"version":1}}')),
  'prototype kinds': async (audience) => {
    const plan = await saying('bad')
    const content = { requires: { ...requirementsOf(plan), middlewares: ['__proto__', 'constructor'] }, plan }
    return (await pack('signalbox-plan/2', detailsOf(audience), content, key)).value
  },
  'no requirements': async (audience) => signedBody(audience, `{"plan":${JSON.stringify(await saying('bad'))}}`),
  '100,000 routers': async (audience) => signedBody(audience, await bodyOf(await manyRouters(100_000))),
  'deep nesting': async (audience) => signedBody(audience, await bodyOf(await nested(100_000))),
  'deep nesting of nothing': async (audience) => signedBody(audience, `${'['.repeat(1e6)}${']'.repeat(1e6)}`),
  'routers of another shape': async (audience) => {
    const plan = await saying('bad')
    return signedBody(audience, await bodyOf(JSON.stringify({ ...plan, routers: { r: 7 } })))
  },
}

const SOME = 8

test.each(['plan', 'cache'] as const)('a hostile %s changes nothing', { timeout: 150_000 }, async (where) => {
  const names = Object.keys(hostile)
  for (let at = 0; at < names.length; at += SOME) {
    const some = names.slice(at, at + SOME)
    const cells = await startCells(
      some.map((name) => ({
        name,
        vars: {
          SIGNALBOX_PUBLIC_KEYS: key.publicKey,
          SIGNALBOX_AUDIENCE: name,
          SIGNALBOX_MIN_REVISION: where === 'plan' ? '5' : '7',
          SIGNALBOX_REFRESH_MS: '50',
          SIGNALBOX_LOG_LEVEL: 'panic',
        },
      })),
    )
    onTestFinished(() => cells.stop())
    const ask = async (name: string) => {
      const response = await fetch(cells.urlOf(name))
      return response.status === 200 ? response.text() : response.status
    }
    const attacks = some.map(async (name) => {
      const value = await hostile[name]!(name)
      if (where === 'cache') {
        // What cannot be told from a good one by itself is no attack on who knows nothing else.
        if (name === 'another plan of the same revision') return
        await cells.keep(`https://signalbox.invalid/plan/${encodeURIComponent(name)}`, value)
        await cells.fault(name, { kind: 'throw' })
        expect([name, await ask(name)]).toEqual([name, 503])
        await cells.fault(name, { kind: 'none' })
      }
      const good = await signed('good', 7, name)
      await cells.put(name, 'plan', good)
      await cells.put(name, 'plan-head', headOfValue(good))
      await until(
        () => ask(name),
        (answer) => answer === 'good',
      )
      if (where === 'cache') return
      await cells.put(name, 'plan', value)
      await cells.put(name, 'plan-head', headOfValue(value))
      const before = await cells.callsOf(name)
      await until(
        async () => {
          expect([name, await ask(name)]).toEqual([name, 'good'])
          return cells.callsOf(name)
        },
        (calls) => calls > before + 6,
        30_000,
      )
      // What is good is still taken over.
      const better = await signed('better', 9, name)
      await cells.put(name, 'plan', better)
      await cells.put(name, 'plan-head', headOfValue(better))
      await until(
        () => ask(name),
        (answer) => answer === 'better',
      )
    })
    await Promise.all(attacks)
  }
})

test('hostile flags and states of health change nothing', { timeout: 60_000 }, async () => {
  const vars = { SIGNALBOX_PUBLIC_KEYS: key.publicKey, SIGNALBOX_REFRESH_MS: '20', SIGNALBOX_LOG_LEVEL: 'panic' }
  const cells = await startCells([{ name: 'a', vars }])
  onTestFinished(() => cells.stop())
  await cells.put('a', 'plan', await signed('good', 7, ''))
  const texts = [
    '',
    'null',
    '[]',
    '{',
    '"x"',
    'x'.repeat(26 * MIB),
    '['.repeat(1e6),
    '{"drained":{"length":1e9},"middlewares":[]}',
    '{"drained":[null],"down":[null],"checkedAt":1}',
    '{"__proto__":{"drained":[{"service":"s@file","url":"http://nobody.test"}]}}',
    '{"middlewares":{"__proto__":true,"constructor":true},"checkedAt":9e15,"down":["x"]}',
    `{"drained":${JSON.stringify(Array.from({ length: 10_000 }, (_, at) => ({ service: `s${at}`, url: 'u' })))}}`,
    `{"checkedAt":${Date.now()},"down":["x"],"streaks":{"__proto__":"y"}}`,
    await signFlags({ audience: 'other', time: Date.now(), state: {} }, key),
    await signFlags({ audience: '', time: Date.now() + 3_600_000, state: {} }, key),
  ]
  for (const [at, text] of texts.entries()) {
    await cells.put('a', 'flags', text)
    await cells.put('a', 'health', text)
    const before = await cells.callsOf('a')
    await until(
      async () => {
        expect([at, await (await fetch(cells.urlOf('a'))).text()]).toEqual([at, 'good'])
        return cells.callsOf('a')
      },
      (calls) => calls > before + 2,
    )
  }
})

// A story: routers, services and middlewares of its own, and steps that both proxies go through side by side.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { differences } from '../compare.mjs'
import { ask } from '../requests/asking.mjs'
import { evenOut } from '../requests/exchange.mjs'

/** How long both may take until servers are seen as they are. */
const PATIENCE_MS = 4_000
/** Copies of requests are sent when the answer is out; who is asked to let go needs a moment. */
const QUIET_MS = 80

/**
 * @typedef {object} Story
 * @property {string} name also the first part of the path of its requests
 * @property {object} http routers, services, middlewares
 * @property {readonly object[]} steps each with one of `ask`, `hold`, `release`, `set`, `wait`, `settle`, `until`, `show`
 * @property {'late' | 'nothing'} [sees] what servers have seen is looked at in the end, as requests go on after answers, or not at all; by
 *   default after each step
 * @property {readonly string[]} [alike] what stands for one another: names that are told by the order of their occurrence, as chance
 *   decides which of them comes first
 */

/** Goes through a story with both sides. @returns what differs, with the step that it came of */
export async function tell(story, servers, sides) {
  const told = sides.map(() => [])
  // Those before have been of another configuration.
  for (const server of Object.values(servers)) server.checks.clear()
  const teller = new Teller(story, servers)
  for (const step of story.steps) {
    if (step.set !== undefined) teller.set(step)
    else if (step.wait !== undefined) await sleep(step.wait)
    else if (step.settle) await teller.settled(sides)
    else {
      const found = await Promise.all(sides.map((side) => teller.perform(step, side)))
      for (const [at, one] of found.entries()) told[at].push({ step, one })
    }
  }
  for (const server of Object.values(servers)) server.release?.()
  if (story.sees === 'late') {
    await teller.settled(sides)
    for (const [at, side] of sides.entries()) told[at].push({ step: 'copies', one: teller.takeSeen(side) })
  }
  const [reference, ours] = told.map((list) => labelled(list, story, servers))
  return [
    ...reference.flatMap((theirs, at) => {
      const own = ours[at]
      evenOutAll(theirs.one, own.one)
      return differences(theirs.one, own.one, `${at}`).map((one) => ({ ...one, step: theirs.step }))
    }),
    ...checksOf(servers),
  ]
}

/** Checks of both must look alike; to which of them one belongs can't be told. */
function checksOf(servers) {
  const found = []
  for (const { checks } of Object.values(servers)) {
    const byPath = Map.groupBy(checks.keys(), (look) => JSON.parse(look).url)
    for (const [url, looks] of byPath) {
      if (looks.length > 1) found.push({ path: `check ${url}`, reference: looks[0], ours: looks[1], step: 'checks' })
    }
  }
  return found
}

/** What a sticky cookie says of a member. */
export const hashOf = (name) => createHash('sha256').update(name).digest('hex').slice(0, 16)

function labelled(list, { alike = [] }, servers) {
  if (alike.length === 0) return list
  const spellings = alike.map((name) => [name, hashOf(servers[name]?.url ?? name), servers[name]?.url ?? name])
  const pattern = new RegExp(spellings.flat().map(RegExp.escape).join('|'), 'g')
  const labels = new Map()
  const text = JSON.stringify(list.map(({ one }) => one)).replace(pattern, (match) => {
    const at = spellings.findIndex((names) => names.includes(match))
    if (!labels.has(at)) labels.set(at, `#${labels.size}`)
    return labels.get(at)
  })
  return JSON.parse(text).map((one, at) => ({ step: list[at].step, one }))
}

function evenOutAll(theirs, own) {
  for (const [at, { answer }] of Object.entries(theirs?.answers ?? {})) evenOut(answer, own.answers[at].answer)
}

class Teller {
  #story
  #servers
  #jars = { reference: {}, ours: {} }
  #held = { reference: [], ours: [] }
  #asked = { reference: 0, ours: 0 }

  constructor(story, servers) {
    this.#story = story
    this.#servers = servers
  }

  set({ set, usual, script, health }) {
    const server = this.#servers[set]
    if (usual !== undefined) server.usual = usual
    if (script !== undefined) server.script = { reference: [...script], ours: [...script] }
    if (health !== undefined) server.health = health
  }

  async perform(step, side) {
    if (step.until !== undefined) return await this.#until(step, side)
    if (step.show !== undefined) return await show(step.show, side)
    if (step.hold !== undefined) return await this.#hold(step, side)
    if (step.release !== undefined) return await this.#release(side)
    return await this.#ask(step, side)
  }

  /** Until the API shows servers as they are said to be: what it shows in the end. */
  async #until({ until, service }, side) {
    const end = Date.now() + PATIENCE_MS
    for (;;) {
      const shown = this.#named((await serviceOf(service, side)).serverStatus ?? {})
      const isSo = Object.entries(until).every(([name, status]) => shown[name] === status)
      if (isSo || Date.now() > end) return shown
      await sleep(15)
    }
  }

  #named(serverStatus) {
    const names = Object.fromEntries(Object.entries(this.#servers).map(([name, { url }]) => [url, name]))
    return Object.fromEntries(Object.entries(serverStatus).map(([url, status]) => [names[url] ?? url, status]))
  }

  async #ask(step, side) {
    const answers = []
    for (let i = 0; i < step.ask; i++) {
      if (i > 0 && step.pause !== undefined) await sleep(step.pause)
      answers.push(await this.#one(step, side))
    }
    const seen = this.#story.sees === undefined ? this.takeSeen(side) : {}
    return step.look === 'shape' ? this.#shape(answers) : looked(step.look ?? 'each', answers, seen)
  }

  /** Without which of the servers it was. */
  #shape(answers) {
    const values = Object.values(this.#servers).flatMap(({ name, url }) => [name, hashOf(url ?? name)])
    const pattern = new RegExp(values.map(RegExp.escape).join('|'), 'g')
    return { answers: JSON.parse(JSON.stringify({ ...answers }).replace(pattern, '?')) }
  }

  async #one(step, side) {
    const began = performance.now()
    const answer = await ask(side.ports[step.entryPoint ?? 'front'], this.#text(step, side), 15_000, step.from)
    if (answer !== null) keepCookies(this.#jars[side.name], answer)
    const isSlow = step.slow === undefined ? undefined : performance.now() - began > step.slow
    return { answer: even(answer), isSlow }
  }

  #text({ method = 'GET', path = '', lines = [], content, chunked, cookies }, side) {
    const number = this.#asked[side.name]++
    const kept = this.#jars[side.name]
    const cookie =
      cookies === 'keep'
        ? Object.entries(kept).map(([name, value]) => `${name}=${value}`)
        : (cookies ?? []).map(([name, value]) => `${name}=${value}`)
    const head = [
      `${method} /${this.#story.name}${path}?${number} HTTP/1.1`,
      ...(lines.some((line) => line.startsWith('Host:')) ? [] : ['Host: a.test']),
      'Connection: close',
      `X-Side: ${side.name}`,
      ...lines,
      ...(cookie.length > 0 ? [`Cookie: ${cookie.join('; ')}`] : []),
    ]
    if (content === undefined) return `${head.join('\r\n')}\r\n\r\n`
    if (!chunked) return `${head.join('\r\n')}\r\nContent-Length: ${content.length}\r\n\r\n${content}`
    const chunk = content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`
    return `${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`
  }

  /** Requests that servers do not answer until they are released; those that are answered all the same are told. */
  async #hold(step, side) {
    const refused = []
    for (let i = 0; i < step.hold; i++) {
      const before = this.#seenOf(side).length
      let answer
      const waiting = ask(
        side.ports[step.entryPoint ?? 'front'],
        this.#text({ ...step, lines: [...(step.lines ?? []), 'X-Do: hold'] }, side),
      )
      waiting.then((one) => (answer = even(one)))
      const end = Date.now() + PATIENCE_MS
      while (answer === undefined && this.#seenOf(side).length === before && Date.now() < end) await sleep(2)
      if (answer === undefined) this.#held[side.name].push(waiting)
      else refused.push({ at: i, answer })
    }
    return { held: this.#held[side.name].length, refused }
  }

  async #release(side) {
    const waiting = this.#held[side.name].splice(0)
    for (const server of Object.values(this.#servers)) server.release?.()
    const answers = await Promise.all(waiting)
    await sleep(QUIET_MS)
    this.takeSeen(side)
    return answers.map(even)
  }

  #seenOf({ name }) {
    return Object.values(this.#servers).flatMap(({ seen }) => seen?.[name] ?? [])
  }

  /** Until servers have seen as much of both sides, and nothing comes any more. */
  async settled(sides) {
    const end = Date.now() + PATIENCE_MS
    for (let before = -1; ; ) {
      const counts = sides.map((side) => this.#seenOf(side).length)
      if ((counts[0] === counts[1] && counts[0] === before) || Date.now() > end) return
      before = counts[0]
      await sleep(QUIET_MS)
    }
  }

  /** By server, as copies are sent beside the requests that follow. @returns requests by server */
  takeSeen(side) {
    const seen = {}
    for (const server of Object.values(this.#servers)) {
      if (server.seen === undefined) continue
      const taken = server.seen[side.name].splice(0)
      if (this.#story.sees === 'late') taken.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      if (taken.length > 0) seen[server.name] = taken
    }
    return seen
  }
}

/** What is told of answers: each of them, how many there were of each kind, or which kinds. */
function looked(look, answers, seen) {
  if (look === 'each') return { answers: { ...answers }, seen }
  const counts = {}
  for (const { answer } of answers) {
    const key = JSON.stringify(answer && { ...answer, fields: Object.entries(answer.fields).sort() })
    counts[key] = look === 'kinds' ? 'some' : (counts[key] ?? 0) + 1
  }
  const seenCounts = Object.entries(seen).map(([name, list]) => [name, look === 'kinds' ? 'some' : list.length])
  return { counts, seen: Object.fromEntries(seenCounts) }
}

function keepCookies(jar, { fields }) {
  for (const cookie of fields['set-cookie'] ?? []) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)
    jar[name] = value
  }
}

/** Without what depends on the moment. */
function even(answer) {
  if (answer === null) return null
  const { date: _, ...fields } = answer.fields
  if (fields['x-retry-in'] !== undefined) fields['x-retry-in'] = ['some time']
  if (fields['retry-after'] !== undefined)
    fields['retry-after'] = [`about ${Math.round(Number(fields['retry-after'][0]) / 20)}`]
  return { ...answer, fields: Object.fromEntries(Object.entries(fields).sort()) }
}

async function serviceOf(name, { running }) {
  const response = await fetch(`http://127.0.0.1:${running.port}/api/http/services/${name}@file`)
  return response.ok ? await response.json() : {}
}

/** What the API says of elements: `routers/x`, `services/x`, `middlewares/x`. */
async function show(elements, { running }) {
  const shown = {}
  for (const element of elements) {
    const response = await fetch(`http://127.0.0.1:${running.port}/api/http/${element}@file`)
    const { status, error, serverStatus } = response.ok ? await response.json() : { status: response.status }
    shown[element] = { status, error, serverStatus }
  }
  return shown
}
